//! Machines of Cloud SQL for MySQL: processors, memory, edition, and the connections that Cloud SQL allows by default.
//!
//! Source: Cloud SQL for MySQL, "Machine series overview" and "Instance settings": in ENTERPRISE `db-custom-N-M` with one
//! or an even number of vCPU up to 96 and 0.9 to 6.5 GB each in steps of 256 MB, at least 3.75 GB; in ENTERPRISE_PLUS
//! `db-perf-optimized-N-V` with 8 GB per vCPU. Default connections: by word of mouth; a fleet states its own.

use crate::spec::shard::Edition;

/// A machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// The edition that has it.
    pub edition: Edition,
    /// Processors; a shared one counts as 1.
    pub vcpus: u32,
    /// Memory in MB.
    pub memory_mb: u32,
    /// Whether the processor is shared with others; such a machine has no service level agreement.
    pub is_shared: bool,
}

impl Machine {
    /// Returns the memory in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        u64::from(self.memory_mb) * 1024 * 1024
    }

    /// Returns `max_connections` where the instance does not set it.
    #[must_use]
    pub fn default_max_connections(&self) -> u32 {
        match (self.is_shared, self.memory_mb) {
            (true, ..1024) => 250,
            (true, _) => 1000,
            (false, _) => 4000,
        }
    }
}

/// Why the name of a machine is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TierError {
    /// The name has none of the known forms.
    Unknown,
    /// There is no machine with this number of vCPU.
    Vcpus(u32),
    /// The memory is not a multiple of 256 MB.
    MemoryStep(u32),
    /// The memory in MB does not go with the number of vCPU.
    MemoryRange {
        /// What the name says.
        memory_mb: u32,
        /// The least for this number of vCPU.
        least_mb: u32,
        /// The most for this number of vCPU.
        most_mb: u32,
    },
}

/// The machines of ENTERPRISE_PLUS: vCPU and GB.
const PERFORMANCE: &[(u32, u32)] =
    &[(2, 16), (4, 32), (8, 64), (16, 128), (32, 256), (48, 384), (64, 512), (80, 640), (96, 768), (128, 864)];

/// Reads the name of a machine.
///
/// # Errors
/// What is wrong with the name.
pub fn machine(tier: &str) -> Result<Machine, TierError> {
    let shared = |memory_mb| Machine { edition: Edition::Enterprise, vcpus: 1, memory_mb, is_shared: true };
    match tier {
        "db-f1-micro" => return Ok(shared(614)),
        "db-g1-small" => return Ok(shared(1740)),
        _ => {}
    }
    if let Some(vcpus) = tier.strip_prefix("db-perf-optimized-N-") {
        let vcpus: u32 = number(vcpus)?;
        let found = PERFORMANCE.iter().find(|(known, _)| *known == vcpus);
        let (_, memory_gb) = found.ok_or(TierError::Vcpus(vcpus))?;
        return Ok(Machine { edition: Edition::EnterprisePlus, vcpus, memory_mb: memory_gb * 1024, is_shared: false });
    }
    let (vcpus, memory) =
        tier.strip_prefix("db-custom-").and_then(|rest| rest.split_once('-')).ok_or(TierError::Unknown)?;
    custom(number(vcpus)?, number(memory)?)
}

fn custom(vcpus: u32, memory_mb: u32) -> Result<Machine, TierError> {
    if vcpus == 0 || vcpus > 96 || (vcpus > 1 && vcpus % 2 == 1) {
        return Err(TierError::Vcpus(vcpus));
    }
    let least_mb = (vcpus * 9 * 1024).div_ceil(10).next_multiple_of(256).max(3840);
    let most_mb = vcpus * 65 * 1024 / 10 / 256 * 256;
    if memory_mb < least_mb || memory_mb > most_mb {
        return Err(TierError::MemoryRange { memory_mb, least_mb, most_mb });
    }
    if !memory_mb.is_multiple_of(256) {
        return Err(TierError::MemoryStep(memory_mb));
    }
    Ok(Machine { edition: Edition::Enterprise, vcpus, memory_mb, is_shared: false })
}

fn number(digits: &str) -> Result<u32, TierError> {
    let is_plain = digits.len() <= 7 && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    digits.parse().ok().filter(|_| is_plain).ok_or(TierError::Unknown)
}

/// Iterates over names to suggest for an edition, small ones first.
pub fn suggestions(edition: Edition) -> impl Iterator<Item = String> {
    let custom = [(1, 3840), (2, 8192), (4, 16384), (8, 32768), (16, 65536), (32, 131_072)];
    let enterprise = custom.into_iter().map(|(vcpus, memory)| format!("db-custom-{vcpus}-{memory}"));
    let plus = PERFORMANCE.iter().map(|(vcpus, _)| format!("db-perf-optimized-N-{vcpus}"));
    let (first, second) = match edition {
        Edition::Enterprise => (Some(enterprise), None),
        Edition::EnterprisePlus => (None, Some(plus)),
    };
    first.into_iter().flatten().chain(second.into_iter().flatten())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_its_edition_and_memory() {
        let plus = machine("db-perf-optimized-N-8").unwrap();
        assert_eq!((plus.edition, plus.vcpus, plus.memory_mb), (Edition::EnterprisePlus, 8, 65536));
        let custom = machine("db-custom-4-16384").unwrap();
        assert_eq!((custom.edition, custom.memory_bytes()), (Edition::Enterprise, 17_179_869_184));
        assert_eq!(machine("db-f1-micro").unwrap().default_max_connections(), 250);
    }

    #[test]
    fn every_suggestion_is_a_machine_of_its_edition() {
        for edition in [Edition::Enterprise, Edition::EnterprisePlus] {
            let all: Vec<_> = suggestions(edition).collect();
            assert!(all.len() > 5);
            assert!(all.iter().all(|tier| machine(tier).is_ok_and(|machine| machine.edition == edition)), "{all:?}");
        }
    }

    #[test]
    fn a_name_that_is_no_machine_says_why() {
        assert_eq!(machine("db-custom-3-8192"), Err(TierError::Vcpus(3)));
        assert_eq!(machine("db-custom-4-16385"), Err(TierError::MemoryStep(16385)));
        assert_eq!(
            machine("db-custom-4-65536"),
            Err(TierError::MemoryRange { memory_mb: 65536, least_mb: 3840, most_mb: 26624 })
        );
        assert_eq!(machine("db-perf-optimized-N-12"), Err(TierError::Vcpus(12)));
        assert_eq!(machine("db-custom-+4-16384"), Err(TierError::Unknown));
        assert_eq!(machine("db-n9-standard-4"), Err(TierError::Unknown));
    }
}
