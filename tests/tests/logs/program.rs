//! A program that a peer brings: an ELF file with a build id and log texts, and nothing to run.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Its build id, in hexadecimal digits.
pub(crate) const BUILD_ID: &str = "0102030405060708090a0b0c0d0e0f1011121314";

/// Bytes of the file's header, of a section's header, and of a symbol.
const HEADER: usize = 64;
const SECTION: usize = 64;
const SYMBOL: usize = 24;

/// The section `.defmt`: the third.
const TEXTS: u16 = 2;

/// Writes the program whose texts are these, each with its level (or `prim`); they have the numbers from 1 on.
pub(crate) fn write(path: &Path, texts: &[(&str, &str)]) {
    let symbols = texts.iter().enumerate().map(|(index, (tag, text))| {
        let name = format!(
            r#"{{"package":"p","disambiguator":"{index}","tag":"defmt_{tag}","data":"{text}","crate_name":"c"}}"#
        );
        (name, index as u64 + 1)
    });
    let constants = ["_defmt_version_ = 4", "_defmt_encoding_ = raw"];
    let constants = constants.into_iter().map(|name| (name.to_owned(), 0));
    let (mut names, mut table) = (vec![0], vec![0; SYMBOL]);
    for (name, value) in constants.chain(symbols) {
        // Name, global object, section, value, size.
        table.extend((names.len() as u32).to_le_bytes());
        table.extend([0x11, 0]);
        table.extend(TEXTS.to_le_bytes());
        table.extend(u64::to_le_bytes(value));
        table.extend(1u64.to_le_bytes());
        names.extend(name.bytes().chain([0]));
    }
    let sections = [
        // Kind, content, the section that its numbers are about.
        (".note.gnu.build-id", 7, note(), 0),
        (".defmt", 1, vec![0; 64], 0),
        (".symtab", 2, table, 4),
        (".strtab", 3, names, 0),
    ];
    std::fs::write(path, file(&sections)).expect("the program is written");
    // One that nobody may execute is none.
    std::fs::set_permissions(path, Permissions::from_mode(0o755)).expect("it is ours");
}

fn note() -> Vec<u8> {
    let id = (1..=20).map(|byte| byte as u8);
    let head = [4u32, 20, 3].into_iter().flat_map(u32::to_le_bytes);
    head.chain(*b"GNU\0").chain(id).collect()
}

fn file(sections: &[(&str, u32, Vec<u8>, u32)]) -> Vec<u8> {
    let (mut content, mut headers, mut names) = (vec![0; HEADER], vec![0; SECTION], vec![0]);
    let last = (".shstrtab", 3, Vec::new(), 0);
    for (name, kind, bytes, link) in sections.iter().chain([&last]) {
        let at = names.len() as u32;
        names.extend(name.bytes().chain([0]));
        let bytes = if bytes.is_empty() { &names } else { bytes };
        let size = if *kind == 2 { SYMBOL as u64 } else { 0 };
        headers.extend(at.to_le_bytes());
        headers.extend(kind.to_le_bytes());
        // Flags, address, offset, length; link, and the first global symbol; alignment, an entry's size.
        for word in [0, 0, content.len() as u64, bytes.len() as u64] {
            headers.extend(word.to_le_bytes());
        }
        headers.extend(link.to_le_bytes());
        headers.extend(1u32.to_le_bytes());
        headers.extend(4u64.to_le_bytes());
        headers.extend(size.to_le_bytes());
        content.extend(bytes);
        content.resize(content.len().next_multiple_of(8), 0);
    }
    let count = headers.len() / SECTION;
    // A program for x86_64, which begins nowhere, and whose sections' headers stand behind their content.
    let head = [b"\x7fELF\x02\x01\x01".as_slice(), &[0; 9], &[2, 0, 62, 0, 1, 0, 0, 0]].concat();
    content[..head.len()].copy_from_slice(&head);
    let headers_at = (content.len() as u64).to_le_bytes();
    content[40..48].copy_from_slice(&headers_at);
    let sizes = [HEADER, 0, 0, SECTION, count, count - 1].map(|size| (size as u16).to_le_bytes());
    content[52..64].copy_from_slice(&sizes.concat());
    content.extend(headers);
    content
}
