//! Where tiles stand, as the web components place them, but all of them 16:9: nothing of a picture is cut off.

/// No more tiles than these are shown at a time; the others are heard.
pub(super) const MOST_TILES: usize = 16;

/// A part of the picture in pixels, even everywhere: colour has half the resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Area {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) width: u32,
    pub(super) height: u32,
}

impl Area {
    pub(super) fn new(x: u32, y: u32, width: u32, height: u32) -> Self {
        Self {
            x,
            y,
            width,
            height,
        }
    }

    /// The largest part of it that is 16:9, in its middle.
    pub(super) fn camera(self) -> Self {
        let width = even(self.width.min(self.height * 16 / 9)).max(2);
        let height = even(self.height.min(width * 9 / 16)).max(2);
        Self {
            x: self.x + even(self.width.saturating_sub(width) / 2),
            y: self.y + even(self.height.saturating_sub(height) / 2),
            width,
            height,
        }
    }
}

fn even(pixels: u32) -> u32 {
    pixels & !1
}

/// The space between two tiles.
fn gap(height: u32) -> u32 {
    even(height / 90).max(2)
}

/// So many tiles in rows and columns, as large as they can be; a last row that is not full stands in the middle.
pub(super) fn grid(count: usize, width: u32, height: u32) -> Vec<Area> {
    let count = u32::try_from(count.min(MOST_TILES)).unwrap_or(0);
    if count <= 1 {
        return vec![Area::new(0, 0, width, height); count as usize];
    }
    let gap = gap(height);
    let tile = |columns: u32| {
        let rows = count.div_ceil(columns);
        let width = width.saturating_sub(gap * (columns - 1)) / columns;
        let height = height.saturating_sub(gap * (rows - 1)) / rows;
        Area::new(0, 0, width, height).camera()
    };
    let columns = (1..=count)
        .rev()
        .max_by_key(|columns| tile(*columns).width)
        .unwrap_or(1);
    let rows = count.div_ceil(columns);
    let tile = tile(columns);
    let used = |count: u32, each: u32| count * each + (count - 1) * gap;
    let top = even(height.saturating_sub(used(rows, tile.height)) / 2);
    (0..count)
        .map(|index| {
            let (row, column) = (index / columns, index % columns);
            let in_row = columns.min(count - row * columns);
            let left = even(width.saturating_sub(used(in_row, tile.width)) / 2);
            Area {
                x: left + column * (tile.width + gap),
                y: top + row * (tile.height + gap),
                ..tile
            }
        })
        .collect()
}

/// One large tile and so many small ones, on the right of a wide picture, below a tall one. Those beyond
/// [`strip_places`] have no place.
pub(super) fn stage(small: usize, width: u32, height: u32) -> (Area, Vec<Area>) {
    let small = u32::try_from(small.min(strip_places(width, height))).unwrap_or(0);
    if small == 0 {
        return (Area::new(0, 0, width, height), Vec::new());
    }
    let (gap, tile) = (gap(height), strip_tile(width, height));
    let used = |each: u32| small * each + (small - 1) * gap;
    if is_wide(width, height) {
        let top = even(height.saturating_sub(used(tile.height)) / 2);
        let beside = (0..small).map(|index| Area {
            x: width - tile.width,
            y: top + index * (tile.height + gap),
            ..tile
        });
        (
            Area::new(0, 0, width - tile.width - gap, height),
            beside.collect(),
        )
    } else {
        let left = even(width.saturating_sub(used(tile.width)) / 2);
        let below = (0..small).map(|index| Area {
            x: left + index * (tile.width + gap),
            y: height - tile.height,
            ..tile
        });
        (
            Area::new(0, 0, width, height - tile.height - gap),
            below.collect(),
        )
    }
}

/// How many small tiles have a place beside the large one.
pub(super) fn strip_places(width: u32, height: u32) -> usize {
    let (gap, tile) = (gap(height), strip_tile(width, height));
    let places = if is_wide(width, height) {
        (height + gap) / (tile.height + gap)
    } else {
        (width + gap) / (tile.width + gap)
    };
    (places as usize).clamp(1, MOST_TILES - 1)
}

fn is_wide(width: u32, height: u32) -> bool {
    width * 4 >= height * 5
}

fn strip_tile(width: u32, height: u32) -> Area {
    let across = if is_wide(width, height) {
        width * 18 / 100
    } else {
        width / 3
    };
    Area::new(0, 0, across, height / 3).camera()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn apart(areas: &[Area], width: u32, height: u32) -> bool {
        let inside = areas.iter().all(|a| {
            let even = [a.x, a.y, a.width, a.height].iter().all(|n| n % 2 == 0);
            even && a.width > 0
                && a.height > 0
                && a.x + a.width <= width
                && a.y + a.height <= height
        });
        inside
            && areas.iter().enumerate().all(|(index, a)| {
                areas[index + 1..].iter().all(|b| {
                    a.x + a.width <= b.x
                        || b.x + b.width <= a.x
                        || a.y + a.height <= b.y
                        || b.y + b.height <= a.y
                })
            })
    }

    #[test]
    fn a_grid_is_as_the_eye_expects() {
        let rows = |count| {
            let mut tops: Vec<u32> = grid(count, 1280, 720).iter().map(|area| area.y).collect();
            tops.dedup();
            tops.len()
        };
        let counts: Vec<usize> = (1..=16).map(rows).collect();
        assert_eq!(counts, [1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4]);
        assert_eq!(grid(1, 1280, 720), [Area::new(0, 0, 1280, 720)]);
        let three = grid(3, 1280, 720);
        assert_eq!(
            three[2].x + three[2].width / 2,
            640,
            "the last row is in the middle"
        );
        assert_eq!(grid(40, 1280, 720).len(), MOST_TILES);
    }

    #[test]
    fn the_stage_takes_most() {
        let (large, small) = stage(3, 1280, 720);
        assert!(large.width > 1000 && large.height == 720, "{large:?}");
        assert_eq!(small.len(), 3);
        assert_eq!(stage(40, 1280, 720).1.len(), strip_places(1280, 720));
        assert_eq!(stage(0, 1280, 720).0, Area::new(0, 0, 1280, 720));
    }

    proptest! {
        #[test]
        fn tiles_neither_overlap_nor_stand_out(
            count in 1_usize..20,
            width in 80_u32..1920,
            height in 45_u32..1080,
        ) {
            let (width, height) = (width * 2, height * 2);
            let tiles = grid(count, width, height);
            prop_assert_eq!(tiles.len(), count.min(MOST_TILES));
            prop_assert!(apart(&tiles, width, height), "{:?}", tiles);
            let (large, mut small) = stage(count, width, height);
            prop_assert!(!small.is_empty());
            small.push(large);
            prop_assert!(apart(&small, width, height), "{:?}", small);
            for area in tiles.into_iter().chain(small) {
                let camera = area.camera();
                prop_assert!(camera.x >= area.x && camera.x + camera.width <= area.x + area.width);
                prop_assert!(camera.y >= area.y && camera.y + camera.height <= area.y + area.height);
            }
        }
    }
}
