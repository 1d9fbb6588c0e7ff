/** A tile's place inside its container, in pixels. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** One page of a grid. */
export interface GridPage {
  columns: number;
  rows: number;
  boxes: Box[];
}

export interface GridOptions {
  /** Space between tiles, in pixels. */
  gap?: number;
  /** Tiles are never narrower (width divided by height) than this … */
  minAspect?: number;
  /** … nor wider. */
  maxAspect?: number;
}

const CAMERA_ASPECT = 16 / 9;

/** The picture area of one cell: what a camera picture covers, cropped within the allowed aspects. */
function fit(width: number, height: number, minAspect: number, maxAspect: number) {
  const aspect = width / height;
  if (aspect > maxAspect) return { width: height * maxAspect, height };
  if (aspect < minAspect) return { width, height: width / minAspect };
  return { width, height };
}

/** How much a tile is worth: a cropped camera picture shows less than its area. */
function seen(width: number, height: number): number {
  const aspect = width / height;
  return width * height * Math.sqrt(Math.min(aspect / CAMERA_ASPECT, CAMERA_ASPECT / aspect));
}

/**
 * Chooses rows and columns for `count` tiles so that faces are as large as the container allows.
 * A last row that is not full is widened, then centred.
 */
export function gridPage(
  count: number,
  width: number,
  height: number,
  options: GridOptions = {},
): GridPage {
  const { gap = 8, minAspect = 0.7, maxAspect = 2.3 } = options;
  if (count <= 0 || width <= 0 || height <= 0) return { columns: 0, rows: 0, boxes: [] };
  let best: { columns: number; rows: number; width: number; height: number } | undefined;
  let bestScore = -1;
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const cellWidth = (width - gap * (columns - 1)) / columns;
    const cellHeight = (height - gap * (rows - 1)) / rows;
    if (cellWidth <= 0 || cellHeight <= 0) continue;
    const tile = fit(cellWidth, cellHeight, minAspect, maxAspect);
    const inLast = count - (rows - 1) * columns;
    const wide =
      inLast === columns
        ? tile.width
        : Math.min((width - gap * (inLast - 1)) / inLast, tile.height * maxAspect);
    const score =
      (count - inLast) * seen(tile.width, tile.height) + inLast * seen(wide, tile.height);
    if (score > bestScore) {
      bestScore = score;
      best = { columns, rows, width: tile.width, height: tile.height };
    }
  }
  if (best === undefined) return { columns: 0, rows: 0, boxes: [] };
  return {
    columns: best.columns,
    rows: best.rows,
    boxes: place(count, width, height, gap, maxAspect, best),
  };
}

function place(
  count: number,
  width: number,
  height: number,
  gap: number,
  maxAspect: number,
  cell: { columns: number; rows: number; width: number; height: number },
): Box[] {
  const top = (height - cell.rows * cell.height - (cell.rows - 1) * gap) / 2;
  const boxes: Box[] = [];
  for (let index = 0; index < count; index++) {
    const row = Math.floor(index / cell.columns);
    const inRow = Math.min(cell.columns, count - row * cell.columns);
    const share = (width - gap * (inRow - 1)) / inRow;
    const tileWidth = inRow < cell.columns ? Math.min(share, cell.height * maxAspect) : cell.width;
    const rowWidth = inRow * tileWidth + (inRow - 1) * gap;
    const column = index - row * cell.columns;
    boxes.push({
      x: Math.max(0, (width - rowWidth) / 2) + column * (tileWidth + gap),
      y: Math.max(0, top) + row * (cell.height + gap),
      width: tileWidth,
      height: cell.height,
    });
  }
  return boxes;
}

/** The boxes of a page whose last tile is the own one: alone in its row, it is not the largest. */
export function withoutLargeSelf(boxes: readonly Box[], width: number): readonly Box[] {
  const [first] = boxes;
  const last = boxes[boxes.length - 1];
  if (first === undefined || last === undefined || last.width <= first.width) return boxes;
  if (boxes.some((box) => box !== last && box.y === last.y)) return boxes;
  return [
    ...boxes.slice(0, -1),
    { ...last, x: Math.max(0, (width - first.width) / 2), width: first.width },
  ];
}

/** The most tiles on one page, and on one of a small container. */
const MOST = 16;
const MOST_SMALL = 8;

/**
 * How many tiles fit on a page when none may be smaller than `minWidth` × `minHeight`: at most 16,
 * at most 8 on a phone.
 */
export function tilesPerPage(
  width: number,
  height: number,
  minWidth = 136,
  minHeight = 102,
  gap = 8,
): number {
  const columns = Math.max(1, Math.floor((width + gap) / (minWidth + gap)));
  const rows = Math.max(1, Math.floor((height + gap) / (minHeight + gap)));
  const small = width < 600 || height < 340;
  return Math.min(columns * rows, small ? MOST_SMALL : MOST);
}

/** As much as this less than the best share of the container is as good. */
const AS_GOOD = 0.04;

/**
 * How many tiles to put on each page: as few as the number of pages allows, or more where that
 * leaves less of the container empty.
 */
export function pageSize(count: number, width: number, height: number): number {
  const most = tilesPerPage(width, height);
  if (count <= most) return Math.max(1, count);
  const least = Math.ceil(count / Math.ceil(count / most));
  const shares = Array.from({ length: most - least + 1 }, (_, more) => {
    const { boxes } = gridPage(least + more, width, height);
    // By the smallest tile: a last row of few wide ones covers as much, but is not as calm.
    const smallest = Math.min(...boxes.map((box) => box.width * box.height));
    return (boxes.length * smallest) / (width * height);
  });
  const best = Math.max(...shares);
  return least + shares.findIndex((share) => share >= best - AS_GOOD);
}

/** The index reached from `from` by an arrow key, or `from` when there is nothing that way. */
export function neighbour(
  boxes: readonly Box[],
  from: number,
  direction: "left" | "right" | "up" | "down",
): number {
  const start = boxes[from];
  if (start === undefined) return from;
  const centre = (box: Box) => ({ x: box.x + box.width / 2, y: box.y + box.height / 2 });
  const origin = centre(start);
  let found = from;
  let shortest = Number.POSITIVE_INFINITY;
  boxes.forEach((box, index) => {
    if (index === from) return;
    const target = centre(box);
    const dx = target.x - origin.x;
    const dy = target.y - origin.y;
    const horizontal = direction === "left" || direction === "right";
    const along = horizontal ? dx : dy;
    const across = Math.abs(horizontal ? dy : dx);
    const forward = direction === "right" || direction === "down" ? along : -along;
    if (forward <= 1) return;
    const distance = forward + across * 2;
    if (distance < shortest) {
      shortest = distance;
      found = index;
    }
  });
  return found;
}
