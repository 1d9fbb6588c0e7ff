import { ChevronLeft, ChevronRight } from "lucide-react";
import { useStrings } from "../strings/StringsContext.js";
import { IconButton } from "./IconButton.js";

export interface PagerProps {
  /** From 0. */
  page: number;
  pages: number;
  onPage: (page: number) => void;
  /** `beside`: in the row of the control bar. `below`: in a row of its own. */
  place: "beside" | "below";
}

/** Height of the row below the tiles, in pixels. */
export const PAGER_HEIGHT = 48;
/** In fields at least so wide, the pager has room beside the control bar. */
export const PAGER_BESIDE = 1000;
const MOST_DOTS = 8;

/** Turns pages of people: a button on either side, and dots that say where one is. */
export function Pager({ page, pages, onPage, place }: PagerProps) {
  const strings = useStrings();
  const words = strings.page(page + 1, pages);
  const dots = pages <= MOST_DOTS;
  return (
    <nav className="call-pager" aria-label={strings.participants} data-place={place}>
      <IconButton
        label={strings.previousPage}
        icon={<ChevronLeft size={20} aria-hidden="true" />}
        look="round"
        tip="none"
        disabled={page === 0}
        data-testid="page-prev"
        onClick={() => onPage(page - 1)}
      />
      {dots && (
        <span className="call-pager-dots" aria-hidden="true">
          {Array.from({ length: pages }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: dots have nothing but their place
            <span key={index} data-current={index === page} />
          ))}
        </span>
      )}
      <span
        className={dots ? "call-hidden" : "call-pager-words"}
        aria-live="polite"
        data-testid="page-words"
      >
        {words}
      </span>
      <IconButton
        label={strings.nextPage}
        icon={<ChevronRight size={20} aria-hidden="true" />}
        look="round"
        tip="none"
        disabled={page === pages - 1}
        data-testid="page-next"
        onClick={() => onPage(page + 1)}
      />
    </nav>
  );
}
