//! The scenarios and snapshots are embedded in the program, so a change there is a change of the program.

fn main() {
    println!("cargo::rerun-if-changed=scenarios");
    println!("cargo::rerun-if-changed=snapshots");
    println!("cargo::rerun-if-changed=build.rs");
}
