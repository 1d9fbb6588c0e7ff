//! One peer that wants pictures over a narrow way: the estimate, the allocation and the pacer together, for minutes of made-up
//! time.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    reason = "made-up numbers, all of them small"
)]

use std::time::{Duration, Instant};

use super::path::{Path, PathSettings};
use super::{Class, Estimator, LayerRate, Offered, Pacer, Wish, allocate};
use crate::sfu::Layer;

/// What a camera sends, in bits per second.
const RATES: [u64; 3] = [120_000, 500_000, 2_000_000];
const SIZES: [(u32, u32); 3] = [(320, 180), (640, 360), (1280, 720)];
const VOICES: u64 = 2;
const VOICE: u64 = 40_000;

struct Camera {
    current: Option<Layer>,
    lowered: Option<Instant>,
    next_frame: Instant,
    frames: u32,
    changes: Vec<(Instant, Option<Layer>)>,
}

struct World {
    began: Instant,
    now: Instant,
    path: Path,
    estimator: Estimator,
    pacer: Pacer<usize>,
    cameras: Vec<Camera>,
    next_voice: Instant,
    next_division: Instant,
    /// Packets of pictures that waited too long in the pacer.
    given_up: u64,
    padding: u64,
    wish: (u32, u32),
}

impl World {
    fn new(settings: PathSettings, cameras: usize) -> Self {
        let now = Instant::now();
        let estimator = Estimator::new(now);
        let camera = |at: usize| Camera {
            current: None,
            lowered: None,
            next_frame: now + Duration::from_millis(7 * at as u64),
            frames: 0,
            changes: Vec::new(),
        };
        Self {
            began: now,
            now,
            path: Path::new(now, settings),
            pacer: Pacer::new(now, estimator.estimate()),
            estimator,
            cameras: (0..cameras).map(camera).collect(),
            next_voice: now,
            next_division: now,
            given_up: 0,
            padding: 0,
            wish: (1280, 720),
        }
    }

    fn run(&mut self, time: Duration) {
        let end = self.now + time;
        while self.now < end {
            self.now += Duration::from_millis(1);
            self.step();
        }
    }

    fn step(&mut self) {
        let now = self.now;
        while let Some(feedback) = self.path.poll(now) {
            self.estimator.feedback(now, &feedback);
            self.pacer.set_estimate(now, self.estimator.estimate());
        }
        if now >= self.next_division {
            self.next_division = now + Duration::from_millis(200);
            self.divide();
        }
        if now >= self.next_voice {
            self.next_voice = now + Duration::from_millis(20);
            for _ in 0..VOICES {
                self.offer(Class::Audio, 100);
            }
        }
        for at in 0..self.cameras.len() {
            self.film(at);
        }
        while self.pacer.next_deadline().is_some_and(|at| at <= now) {
            let Some(size) = self.pacer.poll(now) else {
                break;
            };
            self.send(size);
        }
        if self.estimator.next_deadline().is_some_and(|at| at <= now)
            && let Some(probe) = self.estimator.poll(now)
        {
            let mut sent = 0;
            while sent < probe.bytes {
                let sequence = self.estimator.sent_probe(now, 290);
                self.path.send(now, sequence, 290);
                sent += 290;
            }
            self.padding += sent as u64;
        }
    }

    fn divide(&mut self) {
        let now = self.now;
        let wish = |camera: &Camera| Wish {
            width: self.wish.0,
            height: self.wish.1,
            pinned: false,
            screen: false,
            speaker: None,
            layers: std::array::from_fn(|layer| {
                Some(LayerRate {
                    bitrate: RATES[layer],
                    size: Some(SIZES[layer]),
                })
            }),
            current: camera.current,
            may_rise: camera
                .lowered
                .is_none_or(|at| now - at > Duration::from_secs(2)),
        };
        let wishes: Vec<Wish> = self.cameras.iter().map(wish).collect();
        let sound = VOICES * VOICE;
        let available = self.estimator.estimate().saturating_sub(sound);
        let allocation = allocate(available, &wishes);
        self.estimator.want(now, allocation.wanted + sound);
        for (camera, layer) in self.cameras.iter_mut().zip(allocation.layers) {
            if camera.current != layer {
                if layer < camera.current {
                    camera.lowered = Some(now);
                }
                camera.current = layer;
                camera.frames = 0;
                camera.changes.push((now, layer));
            }
        }
    }

    /// 25 frames in a second, the first one of a layer six times as large.
    fn film(&mut self, at: usize) {
        let camera = &mut self.cameras[at];
        if self.now < camera.next_frame {
            return;
        }
        camera.next_frame += Duration::from_millis(40);
        let Some(layer) = camera.current else {
            return;
        };
        let mut size = RATES[layer.index()] as usize / 8 / 25;
        if camera.frames == 0 {
            size *= 6;
        }
        camera.frames += 1;
        while size > 0 {
            let packet = size.min(1100);
            size -= packet;
            self.offer(Class::Video, packet + 40);
        }
    }

    fn offer(&mut self, class: Class, size: usize) {
        match self.pacer.offer(self.now, class, size, || size) {
            Offered::SendNow => self.send(size),
            Offered::Queued => {}
            Offered::Full => {
                self.given_up += self.pacer.clear().count() as u64 + 1;
                for camera in &mut self.cameras {
                    camera.frames = 0;
                }
            }
        }
    }

    fn send(&mut self, size: usize) {
        let sequence = self.estimator.sent(self.now, size);
        self.path.send(self.now, sequence, size);
    }

    /// The part of the time from `from` on in which the first camera had this layer.
    fn share(&self, from: Duration, layer: Option<Layer>) -> f64 {
        let from = self.began + from;
        let mut total = Duration::ZERO;
        let changes = &self.cameras[0].changes;
        for (at, change) in changes.iter().enumerate() {
            let until = changes.get(at + 1).map_or(self.now, |next| next.0);
            if change.1 == layer {
                total += until.saturating_duration_since(change.0.max(from));
            }
        }
        total.as_secs_f64() / (self.now - from).as_secs_f64()
    }

    /// How often in a minute the first camera changed its layer, from `from` on.
    fn changes_a_minute(&self, from: Duration) -> f64 {
        let from = self.began + from;
        let changes = self.cameras[0].changes.iter();
        let count = changes.filter(|(at, _)| *at >= from).count();
        count as f64 * 60.0 / (self.now - from).as_secs_f64()
    }
}

const SECOND: Duration = Duration::from_secs(1);

fn minutes(settings: PathSettings, cameras: usize) -> World {
    let mut world = World::new(settings, cameras);
    world.run(120 * SECOND);
    world
}

#[test]
fn a_narrow_way_gets_the_low_layer_and_no_standing_queue() {
    for burst in [1_500.0, 4_000.0, 16_000.0, 32_000.0] {
        for queue in [20, 50, 400, 1000] {
            let settings = PathSettings {
                burst,
                queue: Duration::from_millis(queue),
                ..PathSettings::of_rate(300e3)
            };
            let world = minutes(settings, 1);
            let low = world.share(3 * SECOND, Some(Layer::Low));
            let changes = world.changes_a_minute(10 * SECOND);
            let what =
                format!("burst {burst} queue {queue}: low {low}, {changes} changes a minute");
            assert!(low > 0.9, "{what}");
            assert!(changes <= 8.0, "{what}");
            assert!(world.share(3 * SECOND, None) < 0.05, "{what}");
        }
    }
}

#[test]
fn a_narrow_way_settles_whatever_else_it_is_like() {
    for feedback in [50, 100, 250] {
        for delay in [5, 100] {
            for jitter in [0, 15] {
                for loss in [0.0, 0.02] {
                    let settings = PathSettings {
                        loss,
                        feedback: Duration::from_millis(feedback),
                        delay: Duration::from_millis(delay),
                        jitter: Duration::from_millis(jitter),
                        burst: 4000.0,
                        ..PathSettings::of_rate(300e3)
                    };
                    let world = minutes(settings, 1);
                    let low = world.share(5 * SECOND, Some(Layer::Low));
                    assert!(low > 0.9, "{settings:?}: low {low}");
                    let changes = world.changes_a_minute(5 * SECOND);
                    assert!(changes <= 8.0, "{settings:?}: {changes} changes a minute");
                }
            }
        }
    }
}

#[test]
fn what_nearly_fits_does_not_flap() {
    let world = minutes(PathSettings::of_rate(3e6), 3);
    assert!(world.share(5 * SECOND, Some(Layer::Medium)) > 0.9);
    assert!(world.changes_a_minute(5 * SECOND) <= 8.0);
}

#[test]
fn a_wider_way_gets_more() {
    let medium = minutes(PathSettings::of_rate(1e6), 1);
    assert!(medium.share(2 * SECOND, Some(Layer::Medium)) > 0.95);
    let high = minutes(PathSettings::of_rate(5e6), 1);
    assert!(high.share(2 * SECOND, Some(Layer::High)) > 0.95);
    assert!(high.path.longest_wait < Duration::from_millis(150));
    assert_eq!(high.path.dropped, 0);
}

#[test]
fn what_is_not_wanted_is_not_tried() {
    let mut world = World::new(PathSettings::of_rate(50e6), 1);
    world.wish = (160, 90);
    world.run(60 * SECOND);
    assert_eq!(world.padding, 0);
    assert!(world.share(SECOND, Some(Layer::Low)) > 0.99);
    assert_eq!(world.estimator.estimate(), 1_000_000);
}

#[test]
fn a_way_that_becomes_narrow_and_wide_again_is_followed_at_once() {
    let mut world = World::new(PathSettings::of_rate(5e6), 1);
    world.run(15 * SECOND);
    world.path.settings.rate = 300e3;
    world.run(2 * SECOND);
    assert_eq!(world.cameras[0].current, Some(Layer::Low));
    world.run(28 * SECOND);
    assert!(world.share(17 * SECOND, Some(Layer::Low)) > 0.9);
    world.path.settings.rate = 5e6;
    world.run(10 * SECOND);
    assert_eq!(world.cameras[0].current, Some(Layer::High));
    assert!(world.estimator.estimate() > 2_000_000);
}

#[test]
fn a_rate_of_several_megabits_is_found_within_seconds() {
    let mut world = World::new(PathSettings::of_rate(300e3), 4);
    world.run(5 * SECOND);
    assert!(world.estimator.estimate() < 600_000);
    world.path.settings.rate = 20e6;
    world.run(8 * SECOND);
    assert!(
        world
            .cameras
            .iter()
            .all(|camera| camera.current == Some(Layer::High)),
        "{}",
        world.estimator.estimate()
    );
}

#[test]
fn packets_lost_at_random_do_not_look_like_a_narrow_way() {
    let settings = PathSettings {
        loss: 0.05,
        ..PathSettings::of_rate(20e6)
    };
    let world = minutes(settings, 4);
    assert!(world.share(3 * SECOND, Some(Layer::High)) > 0.95);
}

#[test]
fn jitter_does_not_look_like_a_narrow_way() {
    let settings = PathSettings {
        jitter: Duration::from_millis(30),
        ..PathSettings::of_rate(5e6)
    };
    let world = minutes(settings, 1);
    assert!(world.share(5 * SECOND, Some(Layer::High)) > 0.9);
}

#[test]
fn many_share_what_there_is() {
    let world = minutes(PathSettings::of_rate(5e6), 4);
    let everybody = world.cameras.iter();
    assert!(
        everybody
            .clone()
            .all(|camera| camera.current >= Some(Layer::Medium))
    );
    assert!(world.path.dropped < 50);
    assert!(world.path.longest_wait < Duration::from_millis(300));
}

#[test]
fn feedback_that_ends_lowers_what_is_believed() {
    let mut world = World::new(PathSettings::of_rate(5e6), 1);
    world.run(5 * SECOND);
    let before = world.estimator.estimate();
    world.path.settings.loss = 1.0;
    world.run(10 * SECOND);
    assert!(world.estimator.estimate() < before / 4);
    world.path.settings.loss = 0.0;
    world.run(15 * SECOND);
    assert_eq!(world.cameras[0].current, Some(Layer::High));
}
