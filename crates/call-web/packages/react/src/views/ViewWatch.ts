import type { PictureKind } from "../model.js";

/** A picture that has a place on the page. */
export interface WatchedPicture {
  userId: string;
  source: PictureKind;
  /** It comes first where not everything fits. */
  pinned: boolean;
}

/** A picture that is on the screen, in device pixels. */
export interface PictureOnScreen extends WatchedPicture {
  width: number;
  height: number;
}

/** What the watch needs of the page; replaced in tests. */
export interface ViewPage {
  isHidden(): boolean;
  /** The element whose picture floats above other windows, which stays seen on a hidden page. */
  floating(): Element | null;
  pixelRatio(): number;
}

const browserPage: ViewPage = {
  isHidden: () => document.hidden,
  floating: () => document.pictureInPictureElement ?? null,
  pixelRatio: () => globalThis.devicePixelRatio || 1,
};

/** The shortest time between two reports, in milliseconds: a window that is resized tells few. */
const PAUSE_MS = 150;
/** Tiles of a new layout are measured within a frame or two: until then nothing is told. */
const SETTLE_MS = 50;
/** Sizes are told in steps of so many pixels. */
const STEP = 16;
/** The server takes no more. */
const MOST = 64;

interface Entry {
  picture: WatchedPicture;
  width: number;
  height: number;
  visible: boolean;
}

/**
 * Knows which pictures of a call are seen, and how large: sizes by one ResizeObserver, what is
 * scrolled away by one IntersectionObserver, so that the layout is never asked. Reports the whole
 * list after a change, a few times a second at most; nothing while the page is hidden.
 */
export class ViewWatch {
  readonly #report: (views: readonly PictureOnScreen[]) => void;
  readonly #page: ViewPage;
  readonly #entries = new Map<Element, Entry>();
  readonly #sizes: ResizeObserver | null;
  readonly #places: IntersectionObserver | null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastAt = Number.NEGATIVE_INFINITY;
  #last: string | null = null;

  constructor(report: (views: readonly PictureOnScreen[]) => void, page: ViewPage = browserPage) {
    this.#report = report;
    this.#page = page;
    this.#sizes =
      typeof ResizeObserver === "undefined"
        ? null
        : new ResizeObserver((entries) => {
            for (const { target, contentRect } of entries) {
              this.#change(target, { width: contentRect.width, height: contentRect.height });
            }
          });
    this.#places =
      typeof IntersectionObserver === "undefined"
        ? null
        : new IntersectionObserver((entries) => {
            for (const { target, isIntersecting } of entries) {
              this.#change(target, { visible: isIntersecting });
            }
          });
    document.addEventListener("visibilitychange", this.#seen);
    document.addEventListener("enterpictureinpicture", this.#soon);
    document.addEventListener("leavepictureinpicture", this.#soon);
    // A call without any picture says so too: until something is said, everything comes.
    this.#soon();
  }

  /** Watches the place of a picture until the returned function is called. */
  watch(element: Element, picture: WatchedPicture): () => void {
    this.#entries.set(element, {
      picture,
      width: this.#sizes === null ? element.clientWidth : 0,
      height: this.#sizes === null ? element.clientHeight : 0,
      visible: true,
    });
    this.#sizes?.observe(element);
    this.#places?.observe(element);
    this.#soon();
    return () => {
      this.#entries.delete(element);
      this.#sizes?.unobserve(element);
      this.#places?.unobserve(element);
      this.#soon();
    };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#sizes?.disconnect();
    this.#places?.disconnect();
    this.#entries.clear();
    document.removeEventListener("visibilitychange", this.#seen);
    document.removeEventListener("enterpictureinpicture", this.#soon);
    document.removeEventListener("leavepictureinpicture", this.#soon);
  }

  #change(target: Element, change: Partial<Omit<Entry, "picture">>): void {
    const entry = this.#entries.get(target);
    if (entry === undefined) return;
    Object.assign(entry, change);
    this.#soon();
  }

  /** A page that is hidden or shown tells so at once: timers of hidden pages are slow. */
  #seen = (): void => {
    clearTimeout(this.#timer);
    this.#tell();
  };

  #soon = (): void => {
    if (this.#timer !== undefined) return;
    const wait = Math.max(SETTLE_MS, this.#lastAt + PAUSE_MS - Date.now());
    this.#timer = setTimeout(this.#tell, wait);
  };

  #tell = (): void => {
    this.#timer = undefined;
    this.#lastAt = Date.now();
    const views = this.#views();
    const said = JSON.stringify(views);
    if (said === this.#last) return;
    this.#last = said;
    this.#report(views);
  };

  #views(): readonly PictureOnScreen[] {
    const found = new Map<string, PictureOnScreen>();
    const hidden = this.#page.isHidden();
    const floating = this.#page.floating();
    const ratio = this.#page.pixelRatio();
    for (const [element, { picture, width, height, visible }] of this.#entries) {
      const floats = floating !== null && element.contains(floating);
      if (!floats && (hidden || !visible || width <= 0 || height <= 0)) continue;
      const key = `${picture.source} ${picture.userId}`;
      const before = found.get(key);
      found.set(key, {
        userId: picture.userId,
        source: picture.source,
        pinned: picture.pinned || before?.pinned === true,
        width: Math.max(inSteps(width * ratio), before?.width ?? 0),
        height: Math.max(inSteps(height * ratio), before?.height ?? 0),
      });
    }
    const area = (view: PictureOnScreen) => view.width * view.height;
    return [...found.values()]
      .sort((a, b) => Number(b.pinned) - Number(a.pinned) || area(b) - area(a))
      .slice(0, MOST);
  }
}

function inSteps(pixels: number): number {
  return Math.max(STEP, Math.round(pixels / STEP) * STEP);
}
