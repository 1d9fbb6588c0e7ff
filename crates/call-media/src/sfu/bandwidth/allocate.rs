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
    order.iter().for_each(|at| raise(*at));
    for class in Class::ALL {
        let members = || order.iter().filter(|at| wishes[**at].class() == class);
        for _ in 1..Layer::ALL.len() {
            members().for_each(|at| raise(*at));
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
    fn largest(&self) -> Layer {
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
        let best = fitting().last().or(smallest);
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
