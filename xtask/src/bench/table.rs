//! The results, for people.

use super::Row;
use super::sizes::Installation;

/// Up to so much slower than ever, a core still has nobody else's work.
const AS_FAST: f64 = 1.1;

pub(super) fn sizes(installations: &[Installation]) {
    println!(
        "\n{:>12} {:>12} {:>14} {:>12}",
        "keys", "ready after", "memory", "a key"
    );
    for one in installations {
        println!(
            "{:>12} {:>9} ms {:>10} MiB {:>10} B",
            one.keys,
            one.ready_after.as_millis(),
            one.resident_bytes >> 20,
            one.resident_bytes / one.keys.max(1),
        );
    }
}

pub(super) fn speeds(keys: u64, rows: &[Row]) {
    let all = rows.iter().flat_map(|row| row.core.iter().copied());
    let fastest = all.fold(f64::INFINITY, f64::min);
    println!("\nwith {keys} keys, one core for the server, medians of alternating slices:");
    println!(
        "{:>14} {:>12} {:>12} {:>12} {:>7} {:>24}",
        "", "keystile/s", "bare/s", "verdicts/s", "ratio", "while the core was free"
    );
    for row in rows {
        let ratios = row
            .ours
            .iter()
            .zip(&row.bare)
            .map(|(ours, bare)| ours / bare)
            .collect();
        let ours = median(row.ours.clone());
        let free = row.ours.iter().zip(&row.core);
        let free = free.filter(|(_, core)| **core <= fastest * AS_FAST);
        let free: Vec<_> = free.map(|(ours, _)| *ours).collect();
        println!(
            "{:>14} {ours:>12.0} {:>12.0} {:>12.0} {:>7.2} {:>12.0} in {:>3} of {}",
            row.name,
            median(row.bare.clone()),
            ours * row.verdicts,
            median(ratios),
            median(free.clone()) * row.verdicts,
            free.len(),
            row.ours.len(),
        );
    }
    println!(
        "  a core is free while arithmetic in registers goes about as fast as it ever did, which \
         was {fastest:.0} ns for 1000 steps"
    );
}

pub(super) fn everywhere(batches: &[f64]) {
    let verdicts = median(batches.to_vec()) * 100.0;
    println!("  batch of 100, all cores for server and load: {verdicts:.0} verdicts/s");
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!(median(Vec::new()).abs() < f64::EPSILON);
    }
}
