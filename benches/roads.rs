//! Times, for people: `cargo bench -p iomt-benches --bench roads`. The gate is `instructions.rs`.

mod works;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};

fn roads(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("roads");
    for mut work in works::all() {
        group.throughput(match work.unit {
            "message" => Throughput::Bytes(work.bytes),
            _ => Throughput::Elements(work.units),
        });
        group.bench_function(&work.name, |bencher| bencher.iter(&mut work.run));
    }
    group.finish();
}

criterion_group!(benches, roads);
criterion_main!(benches);
