//! Options about memory (`OP-6` to `OP-19`, `OP-22`).

use super::*;
use crate::eal::options::{BaseVirtaddr, HugeUnlink, PageLimit};

const MB: u64 = 1 << 20;

#[test]
fn memory_size_is_megabytes_above_zero() {
    assert_eq!(accepted(&["-m", "1"]).memory_mb, Some(1));
    assert_eq!(accepted(&["-m", "17592186044415"]).memory_mb, Some(17_592_186_044_415));
}

#[test]
fn a_memory_size_that_is_no_number_is_refused_and_not_read_as_zero() {
    for (text, why) in [
        ("0", "it is 0"),
        ("bad", "not a decimal number"),
        ("", "not a decimal number"),
        ("64M", "not a decimal number"),
        ("-64", "not a decimal number"),
        (" 64", "not a decimal number"),
        ("17592186044416", "passes 64 bits"),
        ("18446744073709551616", "passes 64 bits"),
    ] {
        refused_with(&["-m", text], &["'-m'", &format!("'{text}'"), why, "megabytes above 0"]);
    }
}

#[test]
fn memory_of_each_node_is_a_list() {
    let list = accepted(&["--socket-mem", "1024,0,512"]).socket_mem.unwrap();
    assert_eq!(list.as_slice(), [1024, 0, 512]);
    assert_eq!((list.total_megabytes(), list.entries()), (1536, 3));
    assert_eq!((list.megabytes(2), list.megabytes(3)), (512, 0));
}

#[test]
fn zero_on_every_node_is_accepted() {
    assert_eq!(accepted(&["--numa-mem=0,0"]).socket_mem.unwrap().total_megabytes(), 0);
}

#[test]
fn a_bad_list_of_nodes_is_refused_with_the_entry() {
    for option in ["--socket-mem", "--numa-mem", "--socket-limit", "--numa-limit"] {
        for (text, why) in [
            ("", "it is empty"),
            ("2,", "entry 2 is empty"),
            (",2", "entry 1 is empty"),
            ("2,,2", "entry 2 is empty"),
            ("2,Fred", "entry 2 is not a decimal number"),
            ("2,Fred0", "entry 2 is not a decimal number"),
            ("2 ,2", "entry 1 is not a decimal number"),
            ("2;2", "entry 1 is not a decimal number"),
            ("-1", "entry 1 is not a decimal number"),
            ("17592186044415,1", "together pass 64 bits"),
            ("18446744073709551616", "together pass 64 bits"),
        ] {
            let argument = format!("{option}={text}");
            refused_with(&[&argument], &[option, &format!("'{text}'"), why, "each NUMA node"]);
        }
    }
}

#[test]
fn thirty_two_nodes_are_accepted_and_thirty_three_refused() {
    let list = accepted(&["--socket-mem", &vec!["1"; 32].join(",")]).socket_mem.unwrap();
    assert_eq!(list.entries(), 32);
    refused_with(&["--socket-mem", &vec!["1"; 33].join(",")], &["more than 32"]);
}

#[test]
fn more_entries_than_nodes_are_refused_when_the_nodes_are_known() {
    let options = accepted(&["--socket-mem=1,2", "--socket-limit=1,2,3"]);
    assert_eq!(options.check_nodes(3), Ok(()));
    let error = options.check_nodes(2).unwrap_err().to_string();
    assert!(error.contains("'--socket-limit' was given 3 entries, but there are 2"), "{error}");
    let error = options.check_nodes(1).unwrap_err().to_string();
    assert!(error.contains("'--socket-mem' was given 2 entries, but there are 1"), "{error}");
    assert_eq!(Options::default().check_nodes(1), Ok(()));
}

#[test]
fn a_page_size_can_be_limited() {
    let limits = accepted(&["--pagesz-mem=2M:64M", "--pagesz-mem", "1G:2g", "--pagesz-mem=1K:0"]);
    let expected = [(2 * MB, 64 * MB), (1024 * MB, 2048 * MB), (1024, 0)]
        .map(|(page_bytes, limit_bytes)| PageLimit { page_bytes, limit_bytes });
    assert_eq!(limits.pagesz_mem, expected);
}

#[test]
fn a_bad_limit_of_a_page_size_is_refused() {
    for (text, why) in [
        ("", "it is empty"),
        ("2M", "there is no ':'"),
        ("2M:", "the limit is not a size"),
        (":2M", "the page size is not a size"),
        ("2M:3M", "the limit is not a multiple of the page size"),
        ("garbage", "there is no ':'"),
        ("2M:garbage", "the limit is not a size"),
        ("garbage:2M", "the page size is not a size"),
        ("3M:6M", "the page size is not a power of two"),
        ("0:0", "the page size is not a power of two"),
        ("2M:2M:2M", "the limit is not a size"),
        ("2M:99999999999999999999", "the limit is not a size"),
    ] {
        let argument = format!("--pagesz-mem={text}");
        refused_with(&[&argument], &["'--pagesz-mem'", &format!("'{text}'"), why, "2M:512M"]);
    }
}

#[test]
fn a_page_size_has_one_limit() {
    refused_with(
        &["--pagesz-mem=2M:64M", "--pagesz-mem=2048K:32M"],
        &["'2048K:32M'", "already has a limit of 67108864 bytes"],
    );
    assert_eq!(accepted(&["--pagesz-mem=2M:64M", "--pagesz-mem=2048K:64M"]).pagesz_mem.len(), 1);
}

#[test]
fn nine_page_sizes_are_refused() {
    let limits: Vec<String> =
        (0..9).map(|shift| format!("--pagesz-mem={}:0", 1 << shift)).collect();
    let arguments: Vec<&str> = limits.iter().map(String::as_str).collect();
    accepted(&arguments[..8]);
    refused_with(&arguments, &["'256:0'", "more than 8"]);
}

#[test]
fn a_huge_directory_is_any_path_that_fits() {
    assert_eq!(accepted(&["--huge-dir", "/mnt/huge"]).huge_dir.unwrap(), "/mnt/huge");
    assert_eq!(accepted(&["--huge-dir=invalid"]).huge_dir.unwrap(), "invalid");
    refused_with(&["--huge-dir="], &["'--huge-dir'", "it is empty"]);
    refused_with(&["--huge-dir=/a\0b"], &["'/a\\u{0}b'", "character 3"]);
    accepted(&["--huge-dir", &"a".repeat(255)]);
    refused_with(&["--huge-dir", &"a".repeat(256)], &["longer than 255 bytes"]);
}

#[test]
fn files_are_unlinked_as_asked() {
    for (arguments, expected) in [
        (&[][..], HugeUnlink::Existing),
        (&["--huge-unlink"], HugeUnlink::Always),
        (&["--huge-unlink=always"], HugeUnlink::Always),
        (&["--huge-unlink=existing"], HugeUnlink::Existing),
        (&["--huge-unlink=never"], HugeUnlink::Never),
    ] {
        assert_eq!(accepted(arguments).huge_unlink, expected, "{arguments:?}");
    }
    for text in ["", "Never", "no", "always "] {
        refused_with(&[&format!("--huge-unlink={text}")], &["existing, always or never"]);
    }
}

#[test]
fn in_memory_implies_that_nothing_is_shared_or_left() {
    let options = accepted(&["--in-memory"]);
    assert!(options.no_shconf && options.in_memory);
    assert_eq!(options.huge_unlink, HugeUnlink::Always);
}

#[test]
fn switches_are_off_until_given() {
    let options = accepted(&[]);
    assert!(!options.no_huge && !options.in_memory && !options.no_shconf && !options.legacy_mem);
    assert!(!options.single_file_segments && !options.match_allocations);
    let options = accepted(&["--single-file-segments", "--match-allocations", "--no-shconf"]);
    assert!(options.single_file_segments && options.match_allocations && options.no_shconf);
}

#[test]
fn the_base_address_is_aligned_up_to_16_megabytes() {
    for (text, asked, aligned) in [
        ("0x23456789", 0x2345_6789, 0x2400_0000),
        ("23456789", 0x2345_6789, 0x2400_0000),
        ("0X200000000000", 0x2000_0000_0000, 0x2000_0000_0000),
        ("1", 1, 16 * MB),
    ] {
        let base = accepted(&["--base-virtaddr", text]).base_virtaddr;
        assert_eq!(base, Some(BaseVirtaddr { asked, aligned }), "{text}");
    }
}

#[test]
fn a_bad_base_address_is_refused() {
    for (text, why) in [
        ("", "not a hexadecimal number"),
        ("0x", "not a hexadecimal number"),
        ("0xg", "not a hexadecimal number"),
        ("-1", "not a hexadecimal number"),
        ("0", "it is 0"),
        ("0xffffffffffffffff", "passes 64 bits"),
        ("0x10000000000000000", "passes 64 bits"),
    ] {
        refused_with(&["--base-virtaddr", text], &[&format!("'{text}'"), why, "0x200000000000"]);
    }
}

#[test]
fn memory_channels_are_above_zero() {
    assert_eq!(accepted(&["-n", "2"]).memory_channels, Some(2));
    assert_eq!(accepted(&["--memory-channels=4"]).memory_channels, Some(4));
    for text in ["e", "0", "-1", "65536"] {
        refused_with(&["-n", text], &["'-n'", &format!("'{text}'"), "from 1 to 65535"]);
    }
}

#[test]
fn memory_ranks_are_1_to_16() {
    assert_eq!(accepted(&["-r", "16"]).memory_ranks, Some(16));
    assert_eq!(accepted(&["--memory-ranks", "1"]).memory_ranks, Some(1));
    for text in ["error", "0", "-1", "17"] {
        refused_with(&["-r", text], &["'-r'", &format!("'{text}'"), "from 1 to 16"]);
    }
}
