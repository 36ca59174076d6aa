//! What an empty server holds in memory, and each connection that only listens.

use std::path::Path;
use std::time::Duration;

use crate::Failure;
use crate::edits::plan_file;
use crate::figures::Row;
use crate::load;
use crate::served::Served;

const PLAN: &str = "idle";
/// Time in which the server comes to rest before its memory is read.
const REST: Duration = Duration::from_secs(2);

/// Measures an empty server, then this many connections subscribed to one plan.
pub async fn run(dir: Option<&Path>, connections: usize) -> Result<Vec<Row>, Failure> {
    let served = Served::start(dir)?;
    tokio::time::sleep(REST).await;
    let empty = served.resident_kib()?;
    let token = served.token("reader")?;
    load::create(served.address(), &token, &plan_file(PLAN, 20))?;
    let start = load::snapshot(served.address(), &token, PLAN).await?;
    let mut sockets = vec![load::subscribed(served.address(), &token, PLAN, start.seq, false).await?];
    tokio::time::sleep(REST).await;
    let before = served.resident_kib()?;
    for _ in 0..connections {
        sockets.push(load::subscribed(served.address(), &token, PLAN, start.seq, false).await?);
    }
    tokio::time::sleep(REST).await;
    let after = served.resident_kib()?;
    let each = (after.saturating_sub(before)) as f64 / connections as f64;
    Ok(vec![
        Row::default()
            .with_number("empty server MiB", empty as f64 / 1_024.0)
            .with("connections", connections)
            .with_number("server MiB before", before as f64 / 1_024.0)
            .with_number("server MiB with them", after as f64 / 1_024.0)
            .with_number("KiB a connection", each),
    ])
}
