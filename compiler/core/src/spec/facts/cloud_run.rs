//! Processors and memory that a Cloud Run instance may have together.
//!
//! Source: Cloud Run, "Configure CPU limits" and "Configure memory limits" for services.

/// The memory that goes with a number of processors, in MiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoryRange {
    /// The least.
    pub least_mib: u64,
    /// The most.
    pub most_mib: u64,
}

/// Whole processors, in the order of size; fractions below 1 in thousandths are legal too, from 0.08.
pub const CPUS: [u32; 5] = [1, 2, 4, 6, 8];

/// The least memory of the second generation, which a WordPress image runs on, in MiB.
pub const SECOND_GENERATION_MIB: u64 = 512;

/// Returns the memory that goes with processors in thousandths; `None` where Cloud Run does not offer them.
#[must_use]
pub fn memory_range(milli_cpus: u32) -> Option<MemoryRange> {
    let (least_mib, most_gib_halves) = match milli_cpus {
        80..500 => (128, 1),
        500..1000 => (128, 2),
        1000 => (128, 8),
        2000 => (128, 16),
        4000 => (2048, 32),
        6000 => (4096, 48),
        8000 => (4096, 64),
        _ => return None,
    };
    Some(MemoryRange { least_mib, most_mib: most_gib_halves * 512 })
}

/// Returns the fewest whole processors that may have this memory; `None` above 32 GiB.
#[must_use]
pub fn cpus_for(memory_mib: u64) -> Option<u32> {
    CPUS.into_iter().find(|cpus| memory_range(cpus * 1000).is_some_and(|range| memory_mib <= range.most_mib))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_goes_with_processors() {
        assert_eq!(memory_range(1000), Some(MemoryRange { least_mib: 128, most_mib: 4096 }));
        assert_eq!(memory_range(4000), Some(MemoryRange { least_mib: 2048, most_mib: 16384 }));
        assert_eq!(memory_range(3000), None);
        assert_eq!((cpus_for(4096), cpus_for(4097), cpus_for(40_000)), (Some(1), Some(2), None));
    }
}
