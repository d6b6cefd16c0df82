//! From a number to a place: linear and logarithmic scales, and where their ticks are.

/// A scale between two numbers and two places.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scale {
    log: bool,
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    pub(crate) fn linear(low: f64, high: f64) -> Scale {
        let (low, high) = if high > low { (low, high) } else { (low - 0.5, low + 0.5) };
        Scale { log: false, low, high, from: 0.0, to: 1.0 }
    }

    /// For numbers above zero.
    pub(crate) fn log(low: f64, high: f64) -> Scale {
        let low = low.max(f64::MIN_POSITIVE);
        let (low, high) = if high > low { (low, high) } else { (low / 1.5, low * 1.5) };
        Scale { log: true, low, high, from: 0.0, to: 1.0 }
    }

    /// A logarithmic scale with room for every number, and a little more. `None` without any number above zero.
    pub(crate) fn log_around(numbers: impl IntoIterator<Item = f64>) -> Option<Scale> {
        let (low, high) = extent(numbers.into_iter().filter(|number| *number > 0.0))?;
        let room = (high / low).powf(0.06).max(1.02);
        Some(Scale::log(low / room, high * room))
    }

    /// The places of the two ends.
    pub(crate) fn between(self, from: f64, to: f64) -> Scale {
        Scale { from, to, ..self }
    }

    /// Where a number is; outside of the scale it is at its end.
    pub(crate) fn at(&self, number: f64) -> f64 {
        let place = |number: f64| if self.log { number.max(f64::MIN_POSITIVE).ln() } else { number };
        let share = (place(number) - place(self.low)) / (place(self.high) - place(self.low));
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }

    pub(crate) fn low(&self) -> f64 {
        self.low
    }

    pub(crate) fn high(&self) -> f64 {
        self.high
    }

    /// Round numbers on the scale, about so many and rarely more.
    pub(crate) fn ticks(&self, about: usize) -> Vec<f64> {
        let decades = if self.log { (self.high / self.low).log10() } else { 0.0 };
        match () {
            () if !self.log || decades < 0.5 => self.steps(about),
            () if decades < about as f64 * 0.4 => self.digits(&[1.0, 2.0, 5.0]),
            () if decades < about as f64 * 0.7 => self.digits(&[1.0, 3.0]),
            () => {
                let every = (decades / about as f64).ceil() as i32;
                let powers = self.digits(&[1.0]);
                powers.into_iter().filter(|tick| (tick.log10().round() as i32).rem_euclid(every) == 0).collect()
            }
        }
    }

    /// Equal steps of 1, 2 or 5 times a power of ten.
    fn steps(&self, about: usize) -> Vec<f64> {
        let rough = (self.high - self.low) / about.max(1) as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|digit| digit * power).find(|step| *step >= rough * 0.999);
        let step = step.unwrap_or(10.0 * power);
        let (first, last) = ((self.low / step).ceil() as i64, (self.high / step + 1e-9).floor() as i64);
        // A product of whole numbers and a step: sums would gather errors that show as 0.30000000000000004.
        (first..=last).map(|count| count as f64 * step).collect()
    }

    /// These digits in every decade.
    fn digits(&self, digits: &[f64]) -> Vec<f64> {
        let decades = self.low.log10().floor() as i32..=self.high.log10().ceil() as i32;
        let all = decades.flat_map(|decade| digits.iter().map(move |digit| digit * 10_f64.powi(decade)));
        all.filter(|tick| (self.low * 0.9999..=self.high * 1.0001).contains(tick)).collect()
    }
}

/// The smallest and the largest; `None` when there is none that is finite.
pub(crate) fn extent(numbers: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let finite = numbers.into_iter().filter(|number| number.is_finite());
    finite.fold(None, |extent, number| match extent {
        None => Some((number, number)),
        Some((low, high)) => Some((f64::min(low, number), f64::max(high, number))),
    })
}

/// Places for labels that want to be at `wanted`, at least `gap` apart and between two bounds where they fit.
pub(crate) fn spread(wanted: &[f64], gap: f64, top: f64, bottom: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let mut places = wanted.to_vec();
    let mut free = top;
    for index in &order {
        places[*index] = places[*index].max(free);
        free = places[*index] + gap;
    }
    let mut free = bottom;
    for index in order.iter().rev() {
        places[*index] = places[*index].min(free);
        free = places[*index] - gap;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_places_and_stay_inside() {
        let scale = Scale::log(1.0, 100.0).between(0.0, 200.0);
        assert_eq!(
            [1.0, 10.0, 100.0, 0.0, 1e9].map(|number| scale.at(number).round()),
            [0.0, 100.0, 200.0, 0.0, 200.0]
        );
        let upward = Scale::linear(0.0, 4.0).between(100.0, 0.0);
        assert_eq!([0.0, 1.0, 4.0].map(|number| upward.at(number)), [100.0, 75.0, 0.0]);
        assert_eq!(Scale::linear(3.0, 3.0).at(3.0), 0.5);
        assert!(Scale::log(3.0, 3.0).at(3.0).is_finite());
        assert_eq!(Scale::log_around([0.0, -1.0, f64::NAN]), None);
    }

    #[test]
    fn ticks_are_round_and_few() {
        let cases: [(Scale, &[f64]); 6] = [
            (Scale::linear(0.0, 1.0), &[0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
            (Scale::linear(-3.0, 4.0), &[-2.0, 0.0, 2.0, 4.0]),
            (Scale::log(0.95, 1.06), &[0.95, 1.0, 1.05]),
            (Scale::log(0.5, 2.0), &[0.5, 1.0, 2.0]),
            (Scale::log(1.0, 300.0), &[1.0, 3.0, 10.0, 30.0, 100.0, 300.0]),
            (Scale::log(1.0, 1e6), &[1.0, 1e2, 1e4, 1e6]),
        ];
        for (scale, ticks) in cases {
            let found = scale.ticks(5);
            assert_eq!(found.len(), ticks.len(), "{scale:?}: {found:?}");
            assert!(found.iter().zip(ticks).all(|(a, b)| (a - b).abs() <= b.abs() * 1e-9), "{scale:?}: {found:?}");
        }
    }

    #[test]
    fn labels_keep_their_distance() {
        assert_eq!(spread(&[50.0, 10.0], 12.0, 0.0, 100.0), [50.0, 10.0]);
        assert_eq!(spread(&[50.0, 50.0, 50.0], 12.0, 0.0, 100.0), [50.0, 62.0, 74.0]);
        assert_eq!(spread(&[99.0, 100.0], 12.0, 0.0, 100.0), [88.0, 100.0]);
        assert_eq!(spread(&[], 12.0, 0.0, 100.0), [0.0; 0]);
    }
}
