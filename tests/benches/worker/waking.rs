//! A worker that sleeps on its ring: how long it takes to wake, and what its producer pays while
//! nobody sleeps.

use std::io;

use crate::Options;
use crate::driver::Driven;
use crate::looping::{Running, counting, traced};

/// Prints the table.
pub(crate) fn report(options: Options) -> io::Result<()> {
    let mut driver = Driven::start()?;
    let sleeper = {
        let mut command = driver.worker("worker-probe", &[]);
        command.args(["--", "sleep"]);
        Running::start(command)?
    };
    let (counted, wakes) =
        counting(sleeper.id(), || driver.ask(&format!("wakes {}", options.wakes)))?;
    sleeper.stop()?;
    println!(
        "## Waking a worker that sleeps, microseconds from before the enqueue to the answer\n"
    );
    println!("| p50 | p99 | p99.99 | max | n | its sleeps |\n|--:|--:|--:|--:|--:|--:|");
    let us = |at: usize| wakes.get(at).copied().unwrap_or(0) as f64 / 1e3;
    let (count, sleeps) = (wakes.get(4).copied().unwrap_or(0), counted.voluntary);
    println!(
        "| {:.1} | {:.1} | {:.1} | {:.1} | {count} | {sleeps} |\n",
        us(0),
        us(1),
        us(2),
        us(3)
    );

    let spinner = Running::start(driver.worker("echo", &[]))?;
    let costs = driver.ask("costs")?;
    let id = driver.id();
    let calls = traced(id, || driver.ask("costs"))?;
    spinner.stop()?;
    let ns = |at: usize| costs.get(at).copied().unwrap_or(0) as f64 / 1e3;
    println!("## What a producer pays while nobody sleeps\n");
    println!(
        "| enqueue, ns | with a wake behind it, ns | system calls | its own, to be told and to answer |"
    );
    println!("|--:|--:|--:|--:|");
    let Some(calls) = calls else {
        println!("| {:.2} | {:.2} | no strace | |", ns(0), ns(1));
        return Ok(());
    };
    let (own, others): (Vec<String>, Vec<String>) =
        calls.into_iter().partition(|call| is_of_the_driver(call));
    println!("| {:.2} | {:.2} | {} | {} |", ns(0), ns(1), others.len(), own.len());
    others.iter().for_each(|call| println!("\n    {call}"));
    Ok(())
}

/// Whether a system call is one that the driver says it makes: it reads what it is to do, and writes its answer.
fn is_of_the_driver(call: &str) -> bool {
    ["read(0, ", "write(1, "].iter().any(|own| call.starts_with(own))
}
