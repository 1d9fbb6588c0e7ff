use super::super::Layer;

/// A picture that a peer wants.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wish {
    /// Its width on the peer's screen, in pixels; 0: it is not seen.
    pub(crate) width: u32,
    /// Its height there.
    pub(crate) height: u32,
    /// The peer wants it before the others.
    pub(crate) pinned: bool,
    /// It is a screen, not a camera.
    pub(crate) screen: bool,
    /// The place of its owner among the speakers, 0 for the loudest.
    pub(crate) speaker: Option<usize>,
    /// The layers that are being sent by its owner, by [`Layer::index`].
    pub(crate) layers: [Option<LayerRate>; 3],
    /// What the peer gets now.
    pub(crate) current: Option<Layer>,
    /// Whether it may get more than now; false for a while after it got less, so that it does not flap.
    pub(crate) may_rise: bool,
}

/// A layer that is being sent by its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LayerRate {
    /// What it takes, in bits per second.
    pub(crate) bitrate: u64,
    /// Its width and height in pixels, if known.
    pub(crate) size: Option<(u32, u32)>,
}

/// Who gets what.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Allocation {
    /// The layer of each wish, in the order of the wishes. None: nothing fits, or there is nothing to send.
    pub(crate) layers: Vec<Option<Layer>>,
    /// What these take together, in bits per second.
    pub(crate) used: u64,
    /// What has to fit so that everybody gets what was wished for, in bits per second.
    pub(crate) wanted: u64,
}

/// Divides `available` bits per second among the wishes.
///
/// Everybody gets the smallest layer before anybody gets more; what is left goes to what is pinned and to screens, then to those
/// who speak, then to the others alike. Nobody gets a layer larger than its picture on the screen. To get more than now takes a
/// margin, so that a rate that swings a little changes nothing.
pub(crate) fn allocate(available: u64, wishes: &[Wish]) -> Allocation {
    let options: Vec<Options> = wishes.iter().map(Options::of).collect();
    let mut order: Vec<usize> = (0..wishes.len()).collect();
    order.sort_by_key(|at| {
        let wish = &wishes[*at];
        // At equal importance the one that is being sent goes on.
        (
            wish.class(),
            !wish.pinned,
            wish.speaker.unwrap_or(usize::MAX),
            wish.current.is_none(),
        )
    });
    let mut granted: Vec<usize> = vec![0; wishes.len()];
    let mut left = available;
    let mut raise = |at: usize| {
        let step = granted[at];
        let Some(cost) = options[at].cost(step + 1) else {
            return;
        };
        let more = cost - options[at].cost(step).unwrap_or(0);
        if more <= left {
            left -= more;
            granted[at] = step + 1;
        }
    };
    for at in &order {
        raise(*at);
    }
    for class in Class::ALL {
        for _ in 1..Layer::ALL.len() {
            for at in order.iter().filter(|at| wishes[**at].class() == class) {
                raise(*at);
            }
        }
    }
    let rate = |(at, step): (usize, &usize)| options[at].rate(*step).unwrap_or(0);
    Allocation {
        used: granted.iter().enumerate().map(rate).sum(),
        wanted: options.iter().map(|options| options.wanted).sum(),
        layers: granted
            .iter()
            .enumerate()
            .map(|(at, step)| options[at].layer(*step))
            .collect(),
    }
}

/// Who gets more first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Chosen,
    Speaker,
    Other,
}

impl Class {
    const ALL: [Self; 3] = [Self::Chosen, Self::Speaker, Self::Other];
}

impl Wish {
    fn class(&self) -> Class {
        if self.pinned || self.screen {
            Class::Chosen
        } else if self.speaker.is_some() {
            Class::Speaker
        } else {
            Class::Other
        }
    }

    /// The smallest layer that fills the picture on the screen.
    pub(crate) fn largest(&self) -> Layer {
        let fills = |layer: &Layer| self.is_filled_by(*layer);
        Layer::ALL.into_iter().find(fills).unwrap_or(Layer::High)
    }

    /// Whether a layer is large enough. The picture fits into its place as a whole; a little enlarged is well enough.
    fn is_filled_by(&self, layer: Layer) -> bool {
        let size = self.layers[layer.index()].and_then(|rate| rate.size);
        let (width, height) = size.unwrap_or(match layer {
            Layer::Low => (320, 180),
            Layer::Medium => (640, 360),
            Layer::High => (u32::MAX, u32::MAX),
        });
        let enough = |has: u32, wished: u32| u64::from(has) * 5 / 4 >= u64::from(wished);
        enough(width, self.width) || enough(height, self.height)
    }
}

/// What may be sent for a wish, the smallest first.
#[derive(Debug, Default)]
struct Options {
    layers: [Option<(Layer, u64)>; 3],
    current: Option<Layer>,
    wanted: u64,
}

impl Options {
    /// Per cent of its rate that a layer has to find in order to be begun, and in order to go on.
    const TO_RISE: u64 = 115;
    const TO_STAY: u64 = 95;

    fn of(wish: &Wish) -> Self {
        let mut options = Self {
            current: wish.current,
            ..Self::default()
        };
        if wish.width == 0 || wish.height == 0 {
            return options;
        }
        let sent = || {
            Layer::ALL
                .into_iter()
                .filter_map(|layer| Some((layer, wish.layers[layer.index()]?.bitrate)))
        };
        let largest = wish.largest();
        let fitting = || sent().filter(|(layer, _)| *layer <= largest);
        // What is larger than wished for is better than nothing.
        let smallest = sent().next();
        let best = fitting().next_back().or(smallest);
        options.wanted = best.map_or(0, |(layer, rate)| options.price(layer, rate));
        let lid = if wish.may_rise {
            Some(Layer::High)
        } else {
            wish.current
        };
        let mut place = 0;
        for (layer, rate) in fitting().filter(|(layer, _)| Some(*layer) <= lid) {
            options.layers[place] = Some((layer, rate));
            place += 1;
        }
        if place == 0 && lid.is_some() {
            options.layers[0] = smallest;
        }
        options
    }

    /// What has to fit for a layer to be sent.
    fn price(&self, layer: Layer, rate: u64) -> u64 {
        let per_cent = if Some(layer) > self.current {
            Self::TO_RISE
        } else {
            Self::TO_STAY
        };
        rate.saturating_mul(per_cent) / 100
    }

    /// What has to fit for the first `steps` options; never less for more of them.
    fn cost(&self, steps: usize) -> Option<u64> {
        self.layers.get(steps.checked_sub(1)?).copied().flatten()?;
        let taken = self.layers.iter().take(steps).flatten();
        taken.map(|(layer, rate)| self.price(*layer, *rate)).max()
    }

    fn layer(&self, steps: usize) -> Option<Layer> {
        Some(self.layers.get(steps.checked_sub(1)?).copied().flatten()?.0)
    }

    fn rate(&self, steps: usize) -> Option<u64> {
        Some(self.layers.get(steps.checked_sub(1)?).copied().flatten()?.1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RATES: [u64; 3] = [100_000, 500_000, 2_000_000];

    fn rates(rates: [u64; 3]) -> [Option<LayerRate>; 3] {
        let sizes = [(320, 180), (640, 360), (1280, 720)];
        std::array::from_fn(|at| {
            Some(LayerRate {
                bitrate: rates[at],
                size: Some(sizes[at]),
            })
        })
    }

    fn camera() -> Wish {
        Wish {
            width: 1280,
            height: 720,
            pinned: false,
            screen: false,
            speaker: None,
            layers: rates(RATES),
            current: None,
            may_rise: true,
        }
    }

    fn rids(available: u64, wishes: &[Wish]) -> String {
        let layers = allocate(available, wishes).layers;
        layers
            .iter()
            .map(|layer| layer.map_or("-", Layer::rid))
            .collect()
    }

    #[test]
    fn everybody_gets_something_before_anybody_gets_more() {
        let wishes = vec![camera(); 4];
        assert_eq!(rids(100_000, &wishes), "----");
        assert_eq!(rids(115_000, &wishes), "q---");
        assert_eq!(rids(460_000, &wishes), "qqqq");
        assert_eq!(rids(460_000 + 460_000, &wishes), "hqqq");
        assert_eq!(rids(4 * 575_000, &wishes), "hhhh");
        assert_eq!(rids(10_000_000, &wishes), "ffff");
    }

    #[test]
    fn what_is_pinned_and_screens_come_first_then_those_who_speak() {
        let pinned = Wish {
            pinned: true,
            ..camera()
        };
        let screen = Wish {
            screen: true,
            ..camera()
        };
        let loud = Wish {
            speaker: Some(0),
            ..camera()
        };
        let quiet = Wish {
            speaker: Some(1),
            ..camera()
        };
        let wishes = [camera(), quiet, loud, screen, pinned];
        assert_eq!(rids(115_000, &wishes), "----q");
        assert_eq!(rids(2 * 115_000, &wishes), "---qq");
        assert_eq!(rids(3 * 115_000, &wishes), "--qqq");
        assert_eq!(rids(4 * 115_000 + 575_000, &wishes), "qqqqh");
        assert_eq!(rids(3 * 115_000 + 2 * 575_000, &wishes), "qqqhh");
        assert_eq!(rids(3 * 115_000 + 575_000 + 2_300_000, &wishes), "qqqhf");
        assert_eq!(
            rids(2 * 115_000 + 575_000 + 2 * 2_300_000, &wishes),
            "qqhff"
        );
    }

    #[test]
    fn nobody_gets_more_than_the_picture_on_the_screen() {
        let of = |width, height| Wish {
            width,
            height,
            ..camera()
        };
        assert_eq!(
            rids(u64::MAX, &[of(160, 90), of(320, 180), of(400, 225)]),
            "qqq"
        );
        assert_eq!(
            rids(u64::MAX, &[of(401, 226), of(800, 450), of(810, 456)]),
            "hhf"
        );
        assert_eq!(
            rids(u64::MAX, &[of(3840, 2160), of(0, 0), of(100, 0)]),
            "f--"
        );
        // A portrait in a wide place is limited by its height.
        let portrait = Wish {
            layers: [(90, 160), (180, 320), (720, 1280)].map(|size| {
                Some(LayerRate {
                    bitrate: 100_000,
                    size: Some(size),
                })
            }),
            ..of(1280, 320)
        };
        assert_eq!(rids(u64::MAX, &[portrait]), "h");
        assert_eq!(allocate(0, &[of(160, 90)]).wanted, 115_000);
    }

    #[test]
    fn what_is_not_sent_is_replaced_by_what_is() {
        let with = |sent: [bool; 3], width, height| Wish {
            layers: std::array::from_fn(|at| rates(RATES)[at].filter(|_| sent[at])),
            width,
            height,
            ..camera()
        };
        assert_eq!(rids(u64::MAX, &[with([false, false, true], 160, 90)]), "f");
        assert_eq!(rids(u64::MAX, &[with([true, true, false], 1280, 720)]), "h");
        assert_eq!(rids(u64::MAX, &[with([false; 3], 1280, 720)]), "-");
        assert_eq!(rids(1_000_000, &[with([false, false, true], 160, 90)]), "-");
    }

    #[test]
    fn a_rate_that_swings_changes_nothing() {
        let getting = |layer| {
            [Wish {
                current: Some(layer),
                ..camera()
            }]
        };
        assert_eq!(rids(540_000, &getting(Layer::Low)), "q");
        assert_eq!(rids(575_000, &getting(Layer::Low)), "h");
        assert_eq!(rids(480_000, &getting(Layer::Medium)), "h");
        assert_eq!(rids(470_000, &getting(Layer::Medium)), "q");
        let lowered = [Wish {
            current: Some(Layer::Low),
            may_rise: false,
            ..camera()
        }];
        assert_eq!(rids(u64::MAX, &lowered), "q");
        let paused = [Wish {
            may_rise: false,
            ..camera()
        }];
        assert_eq!(rids(u64::MAX, &paused), "-");
    }

    #[test]
    fn what_is_wanted_is_enough_once_it_is_there() {
        let wishes = vec![camera(); 3];
        let wanted = allocate(0, &wishes).wanted;
        assert_eq!(rids(wanted, &wishes), "fff");
        assert_ne!(rids(wanted - 1, &wishes), "fff");
    }

    fn wishes() -> impl Strategy<Value = Vec<Wish>> {
        let layers = proptest::array::uniform3(proptest::option::weighted(
            0.8,
            (
                10_000..3_000_000_u64,
                proptest::option::of((1..2000_u32, 1..2000_u32)),
            ),
        ));
        let wish = (
            (0..2000_u32, 0..2000_u32),
            any::<bool>(),
            any::<bool>(),
            proptest::option::of(0..5_usize),
            layers,
            proptest::option::of(0..3_usize),
            any::<bool>(),
        );
        let wish = wish.prop_map(
            |((width, height), pinned, screen, speaker, layers, current, may_rise)| Wish {
                width,
                height,
                pinned,
                screen,
                speaker,
                layers: layers
                    .map(|layer| layer.map(|(bitrate, size)| LayerRate { bitrate, size })),
                current: current.map(|at| Layer::ALL[at]),
                may_rise,
            },
        );
        proptest::collection::vec(wish, 0..12)
    }

    proptest! {
        #[test]
        fn it_fits_and_only_what_is_sent_is_given(wishes in wishes(), available in 0..20_000_000_u64) {
            let allocation = allocate(available, &wishes);
            prop_assert_eq!(allocation.layers.len(), wishes.len());
            prop_assert!(allocation.used * 95 / 100 <= available + wishes.len() as u64);
            for (wish, layer) in wishes.iter().zip(&allocation.layers) {
                if let Some(layer) = layer {
                    prop_assert!(wish.layers[layer.index()].is_some());
                    let smaller = wish.layers[..layer.index()].iter().flatten().count();
                    prop_assert!(*layer <= wish.largest() || smaller == 0);
                    prop_assert!(wish.may_rise || wish.current.is_some());
                }
            }
        }

        #[test]
        fn who_is_more_important_is_not_worse_off(
            wishes in proptest::collection::vec((0..3_usize, 0..4_usize), 1..8),
            available in 0..10_000_000_u64,
        ) {
            let wishes: Vec<Wish> = wishes
                .into_iter()
                .map(|(kind, speaker)| Wish {
                    pinned: kind == 0,
                    screen: kind == 1,
                    speaker: (kind == 2 && speaker < 3).then_some(speaker),
                    ..camera()
                })
                .collect();
            let layers = allocate(available, &wishes).layers;
            for (one, its) in wishes.iter().zip(&layers) {
                for (other, others) in wishes.iter().zip(&layers) {
                    if one.class() < other.class() {
                        prop_assert!(its >= others);
                    }
                }
            }
            if layers.iter().any(|layer| *layer > Some(Layer::Low)) {
                prop_assert!(layers.iter().all(Option::is_some));
            }
        }

        #[test]
        fn it_comes_to_rest(mut wishes in wishes(), available in 0..20_000_000_u64) {
            let mut last = Vec::new();
            for _ in 0..20 {
                let layers = allocate(available, &wishes).layers;
                if layers == last {
                    return Ok(());
                }
                for (wish, layer) in wishes.iter_mut().zip(&layers) {
                    wish.current = *layer;
                }
                last = layers;
            }
            prop_assert!(false, "{last:?} for {wishes:?}");
        }

        #[test]
        fn more_room_is_no_loss_where_all_are_alike(count in 1..10_usize, available in 0..10_000_000_u64, more in 0..1_000_000_u64) {
            let wishes = vec![camera(); count];
            prop_assert!(allocate(available, &wishes).used <= allocate(available + more, &wishes).used);
        }
    }
}
