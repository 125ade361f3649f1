import { announcementCodec } from '@syncline/wire';
import type { PageEncodings } from './session/page-encodings';

/** Announcements whose pages go on to devices as they came. */
export function announcedPages(pages: PageEncodings) {
  const { encode, decode } = announcementCodec();
  return {
    encode,
    decode(bytes: Uint8Array) {
      const announced = decode(bytes);
      if (announced === null) return null;
      const { page, packedPage } = announced;
      const { entries, from, to } = announced.announcement;
      if (entries !== null) pages.know(entries, { live: { from, to }, page, packedPage });
      return announced;
    },
  };
}
