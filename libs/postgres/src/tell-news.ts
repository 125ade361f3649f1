import { type AccessChange, type AccessNews, Unavailable } from '@syncline/ports';

export type TellNews = (change: AccessChange) => Promise<void>;

/** Tells what holds by now; whoever does not hear of it finds out. */
export function tellNews(news: AccessNews): TellNews {
  return (change) =>
    news.publish(change).catch((failure: unknown) => {
      if (!(failure instanceof Unavailable)) throw failure;
    });
}
