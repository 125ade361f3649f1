import { announcementCodec } from '@syncline/wire';
import type { PageEncodings } from './session/page-encodings';

/** Announcements whose pages go on to devices as they came. */
export function announcedPages(pages: PageEncodings) {
  return announcementCodec(null, (entries, { announcement: { from, to }, page, packedPage }) =>
    pages.know(entries, { live: { from, to }, page, packedPage }),
  );
}
