import { type Box, gridPage, tilesPerPage } from "./grid.js";

/** One large tile and a film strip of the others. */
export interface StageLayout {
  stage: Box;
  strip: Box[];
}

const GAP = 8;

/** The strip stands on the right of a wide container and lies along the bottom of a tall one. */
function isWide(width: number, height: number): boolean {
  return width / height >= 1.25 && width >= 560;
}

function sideTile(width: number) {
  const tileWidth = Math.round(Math.min(240, Math.max(136, width * 0.18)));
  return { width: tileWidth, height: Math.round((tileWidth * 9) / 16) };
}

function bottomHeight(height: number): number {
  return Math.round(Math.min(160, Math.max(84, height * 0.17)));
}

/** A shared screen on a tall container takes what it fills; the others share the rest. */
const SCREEN_ASPECT = 16 / 10;

function screenHeight(width: number, height: number): number {
  return Math.min(Math.round(width / SCREEN_ASPECT), Math.round(height * 0.6));
}

/** What stands on the stage: a camera's picture is cropped to fill it, a screen is not. */
export type OnStage = "video" | "screen";

/** How many tiles stand beside the stage at a time; faces stay large enough to be read. */
export function stripPlaces(
  width: number,
  height: number,
  onStage: OnStage = "video",
  gap = GAP,
): number {
  if (isWide(width, height)) {
    const least = Math.max(72, sideTile(width).height * 0.85);
    return Math.max(1, Math.floor((height + gap) / (least + gap)));
  }
  if (onStage === "screen") {
    const rest = height - screenHeight(width, height) - gap;
    return Math.max(1, tilesPerPage(width, rest));
  }
  return Math.max(1, Math.floor((width + gap) / (96 + gap)));
}

/** Places a stage and `count` small tiles, at most `stripPlaces` of them. */
export function stageLayout(
  width: number,
  height: number,
  count: number,
  onStage: OnStage = "video",
  gap = GAP,
): StageLayout {
  if (width <= 0 || height <= 0) return { stage: { x: 0, y: 0, width: 0, height: 0 }, strip: [] };
  const fits = Math.min(count, stripPlaces(width, height, onStage, gap));
  if (fits === 0) return { stage: { x: 0, y: 0, width, height }, strip: [] };
  if (isWide(width, height)) return onTheRight(width, height, fits, gap);
  if (onStage === "screen") return below(width, height, fits, gap);
  return alongTheBottom(width, height, fits, gap);
}

function onTheRight(width: number, height: number, count: number, gap: number): StageLayout {
  const tile = sideTile(width);
  const each = Math.min(tile.height, (height - gap * (count - 1)) / count);
  const used = count * each + (count - 1) * gap;
  return {
    stage: { x: 0, y: 0, width: width - tile.width - gap, height },
    strip: Array.from({ length: count }, (_, index) => ({
      x: width - tile.width,
      y: Math.max(0, (height - used) / 2) + index * (each + gap),
      width: tile.width,
      height: each,
    })),
  };
}

function below(width: number, height: number, count: number, gap: number): StageLayout {
  const stage = screenHeight(width, height);
  const { boxes } = gridPage(count, width, height - stage - gap, { gap });
  return {
    stage: { x: 0, y: 0, width, height: stage },
    strip: boxes.map((box) => ({ ...box, y: box.y + stage + gap })),
  };
}

function alongTheBottom(width: number, height: number, count: number, gap: number): StageLayout {
  const tileHeight = bottomHeight(height);
  const tileWidth = Math.min((tileHeight * 4) / 3, (width - gap * (count - 1)) / count);
  const used = count * tileWidth + (count - 1) * gap;
  return {
    stage: { x: 0, y: 0, width, height: Math.max(0, height - tileHeight - gap) },
    strip: Array.from({ length: count }, (_, index) => ({
      x: Math.max(0, (width - used) / 2) + index * (tileWidth + gap),
      y: height - tileHeight,
      width: tileWidth,
      height: tileHeight,
    })),
  };
}
