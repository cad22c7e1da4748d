//! The behaviour that every database shares.

use keystile_store::Store;
use keystile_store::conformance::reopened::Bench;

use crate::bench::{SqliteBench, run};

fn with_store(body: impl AsyncFnOnce(&dyn Store)) {
    let bench = SqliteBench::default();
    let store = bench.store();
    run(body(&store));
}

fn with_bench(body: impl AsyncFnOnce(&dyn Bench)) {
    run(body(&SqliteBench::default()));
}

keystile_store::conformance_tests!(super::with_store, super::with_bench);

/// The same where what the entries of the ledger come to is written down all the time.
mod writing_down_often {
    use keystile_store::Store;
    use keystile_store::conformance::reopened::Bench;

    use crate::bench::{OFTEN, SqliteBench, run};

    fn with_store(body: impl AsyncFnOnce(&dyn Store)) {
        let bench = SqliteBench::keeping(OFTEN);
        let store = bench.store();
        run(body(&store));
    }

    fn with_bench(body: impl AsyncFnOnce(&dyn Bench)) {
        run(body(&SqliteBench::keeping(OFTEN)));
    }

    keystile_store::conformance_tests!(super::with_store, super::with_bench);
}
