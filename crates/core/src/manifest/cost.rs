//! What one call costs: what the manifest says, or what whoever verifies names within its bounds.
//!
//! Nothing is spent here, and whether there are enough credits is not known.

use std::fmt;

use super::operation::Operation;

/// A cost that may not be named for an operation. Whoever named it is at fault, not the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CostError {
    /// The least that may be named, in credits.
    pub least: u32,
    /// The most that may be named, in credits; the same as `least` where the cost is fixed.
    pub most: u32,
}

impl fmt::Display for CostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { least, most } = self;
        let credits = |count: u32| if count == 1 { "credit" } else { "credits" };
        if least == most {
            let credits = credits(*least);
            return write!(
                f,
                "the operation costs {least} {credits}: leave the cost out"
            );
        }
        let credits = credits(*most);
        write!(
            f,
            "the operation costs {least} to {most} {credits}: name a cost in this range"
        )
    }
}

impl std::error::Error for CostError {}

impl Operation {
    /// How many credits a call costs: `asked` where whoever verifies named a cost, else what the
    /// manifest says.
    ///
    /// # Errors
    /// When the cost that was named lies outside of what the manifest allows.
    pub fn charge(&self, asked: Option<u64>) -> Result<u32, CostError> {
        let allowed = |asked: &u32| (self.cost..=self.max_cost).contains(asked);
        let Some(asked) = asked else {
            return Ok(self.cost);
        };
        let asked = u32::try_from(asked).ok().filter(allowed);
        asked.ok_or(CostError {
            least: self.cost,
            most: self.max_cost,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::{Manifest, Rules};

    fn operation(costs: &str) -> Operation {
        let text = format!(
            "[product]\nslug = \"a\"\nname = \"A\"\n[[environments]]\nname = \"production\"\n\
             [keys.secret]\n[[scopes]]\nname = \"s\"\n\
             [[operations]]\nmatch = \"GET /\"\nscope = \"s\"\n{costs}"
        );
        let rules = Rules::check(&Manifest::from_toml(&text).unwrap()).unwrap();
        rules.operations.get(0).unwrap().clone()
    }

    #[test]
    fn r02_a_fixed_cost_is_what_it_is_whatever_is_named() {
        for (costs, cost) in [("", 0), ("cost = 1", 1), ("cost = 4294967295", u32::MAX)] {
            let operation = operation(costs);
            assert_eq!(operation.max_cost, cost);
            assert_eq!(operation.charge(None), Ok(cost));
            assert_eq!(operation.charge(Some(cost.into())), Ok(cost));
            let error = CostError {
                least: cost,
                most: cost,
            };
            for other in [u64::from(cost) + 1, u64::MAX, 1 << 32 | u64::from(cost)] {
                assert_eq!(operation.charge(Some(other)), Err(error), "{other}");
            }
        }
        assert_eq!(
            operation("cost = 1")
                .charge(Some(0))
                .unwrap_err()
                .to_string(),
            "the operation costs 1 credit: leave the cost out"
        );
    }

    #[test]
    fn r02_a_range_is_open_to_its_ends_and_no_further() {
        let operation = operation("cost = 2\nmax_cost = 5");
        assert_eq!(operation.charge(None), Ok(2));
        for good in 2..=5 {
            assert_eq!(operation.charge(Some(good.into())), Ok(good));
        }
        for bad in [0, 1, 6, 1 << 32, (1 << 32) + 2, u64::MAX] {
            let error = operation.charge(Some(bad)).unwrap_err();
            assert_eq!((error.least, error.most), (2, 5), "{bad}");
        }
        assert_eq!(
            operation.charge(Some(6)).unwrap_err().to_string(),
            "the operation costs 2 to 5 credits: name a cost in this range"
        );
    }
}
