import { ChevronLeft, ChevronRight } from "lucide-react";
import { useRef, useState } from "react";
import { useElementSize } from "../hooks/useElementSize.js";
import { gridPage, tilesPerPage } from "../layout/grid.js";
import type { TilePerson } from "../model.js";
import { useStrings } from "../strings/StringsContext.js";
import { IconButton } from "./IconButton.js";
import { TileField } from "./TileField.js";

export interface ParticipantGridProps {
  people: readonly TilePerson[];
  /** Enter or double-click on a tile. */
  onChoose?: (userId: string) => void;
}

const PAGER_HEIGHT = 52;

/** Everybody, as large as the container allows; pages when more than fit. */
export function ParticipantGrid({ people, onChoose }: ParticipantGridProps) {
  const strings = useStrings();
  const whole = useRef<HTMLDivElement>(null);
  const { width, height } = useElementSize(whole);
  const [wanted, setWanted] = useState(0);
  // Measured without the pager, so that the pager's own height is no reason for one.
  const paged = people.length > tilesPerPage(width, height);
  const areaHeight = paged ? Math.max(0, height - PAGER_HEIGHT) : height;
  const perPage = tilesPerPage(width, areaHeight);
  const pages = Math.max(1, Math.ceil(people.length / perPage));
  const page = Math.min(wanted, pages - 1);
  const shown = people.slice(page * perPage, (page + 1) * perPage);
  const { boxes } = gridPage(shown.length, width, areaHeight);
  return (
    <div className="call-grid" ref={whole}>
      <div className="call-grid-area">
        <TileField people={shown} boxes={boxes} label={strings.participants} onChoose={onChoose} />
      </div>
      {width > 0 && pages > 1 && (
        <nav className="call-pager" aria-label={strings.page(page + 1, pages)}>
          <IconButton
            label={strings.previousPage}
            icon={<ChevronLeft size={20} aria-hidden="true" />}
            look="round"
            tip="none"
            disabled={page === 0}
            onClick={() => setWanted(page - 1)}
          />
          <span className="call-pager-words">{strings.page(page + 1, pages)}</span>
          <IconButton
            label={strings.nextPage}
            icon={<ChevronRight size={20} aria-hidden="true" />}
            look="round"
            tip="none"
            disabled={page === pages - 1}
            onClick={() => setWanted(page + 1)}
          />
        </nav>
      )}
    </div>
  );
}
