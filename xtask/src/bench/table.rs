//! The results, for people.

use super::Row;
use super::sizes::Installation;

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
    println!("\nwith {keys} keys, one core for the server, medians of alternating slices:");
    println!(
        "{:>14} {:>14} {:>14} {:>12} {:>8}",
        "", "keystile/s", "bare/s", "verdicts/s", "ratio"
    );
    for row in rows {
        let ratios = row
            .ours
            .iter()
            .zip(&row.bare)
            .map(|(ours, bare)| ours / bare)
            .collect();
        let ours = median(row.ours.clone());
        println!(
            "{:>14} {ours:>14.0} {:>14.0} {:>12.0} {:>8.2}",
            row.name,
            median(row.bare.clone()),
            ours * row.verdicts,
            median(ratios),
        );
    }
    println!("  that core itself, before each and after:");
    for Row { name, core, .. } in rows {
        let [before, after] = core;
        println!("{name:>14}   {before}; {after}");
    }
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
