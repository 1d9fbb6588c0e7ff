import type { Box } from "./grid.js";

/** One large tile and a film strip of the others. */
export interface StageLayout {
  stage: Box;
  strip: Box[];
}

/**
 * Places a stage and `count` small tiles. The strip stands on the right of a wide container and
 * lies along the bottom of a tall one. Strip tiles that do not fit are left out at the end.
 */
export function stageLayout(width: number, height: number, count: number, gap = 8): StageLayout {
  if (width <= 0 || height <= 0) return { stage: { x: 0, y: 0, width: 0, height: 0 }, strip: [] };
  if (count === 0) return { stage: { x: 0, y: 0, width, height }, strip: [] };
  if (width / height >= 1.25 && width >= 560) {
    const tileWidth = Math.round(Math.min(240, Math.max(136, width * 0.18)));
    const tileHeight = Math.min(
      Math.round((tileWidth * 9) / 16),
      Math.floor((height - gap * (count - 1)) / count),
    );
    const fits = tileHeight >= 64 ? count : Math.floor((height + gap) / (72 + gap));
    const each = tileHeight >= 64 ? tileHeight : 72;
    const used = fits * each + (fits - 1) * gap;
    return {
      stage: { x: 0, y: 0, width: width - tileWidth - gap, height },
      strip: Array.from({ length: fits }, (_, index) => ({
        x: width - tileWidth,
        y: Math.max(0, (height - used) / 2) + index * (each + gap),
        width: tileWidth,
        height: each,
      })),
    };
  }
  const tileHeight = Math.round(Math.min(160, Math.max(84, height * 0.17)));
  const room = (width - gap * (count - 1)) / count;
  const tileWidth = Math.floor(Math.min((tileHeight * 4) / 3, Math.max(72, room)));
  const fits = Math.max(1, Math.min(count, Math.floor((width + gap) / (tileWidth + gap))));
  const used = fits * tileWidth + (fits - 1) * gap;
  return {
    stage: { x: 0, y: 0, width, height: Math.max(0, height - tileHeight - gap) },
    strip: Array.from({ length: fits }, (_, index) => ({
      x: (width - used) / 2 + index * (tileWidth + gap),
      y: height - tileHeight,
      width: tileWidth,
      height: tileHeight,
    })),
  };
}
