use super::*;

const HEADER: Header = Header { status: USER, len: 60, kept: 60, mac: 76, tag: 0, tag_type: 0 };

fn vnet(flags: u8, kind: u8, size: u16, start: u16, at: u16) -> [u8; VNET_BYTES] {
    let ([s, s2], [f, f2], [o, o2]) = (size.to_ne_bytes(), start.to_ne_bytes(), at.to_ne_bytes());
    [flags, kind, 0, 0, s, s2, f, f2, o, o2]
}

#[test]
fn a_packet_lies_where_the_header_says() {
    let frame = HEADER.check([0; 10], 2048).unwrap();
    assert_eq!((frame.offset, frame.len, frame.vlan, frame.checksum), (76, 60, None, None));
}

#[test]
fn a_packet_that_was_longer_than_its_frame_is_no_packet() {
    assert_eq!(Header { len: 9018, ..HEADER }.check([0; 10], 2048), Err(Fault::Truncated));
}

#[test]
fn an_offset_or_a_length_outside_of_the_frame_is_refused() {
    for wrong in [
        Header { mac: 2000, ..HEADER },
        Header { mac: u16::MAX, ..HEADER },
        Header { len: u32::MAX, kept: u32::MAX, ..HEADER },
        Header { kept: 61, ..HEADER },
    ] {
        assert_eq!(wrong.check([0; 10], 2048), Err(Fault::Malformed), "{wrong:?}");
    }
    assert_eq!(Header { mac: 41, ..HEADER }.vnet_offset(), None);
    assert_eq!(Header { mac: 42, ..HEADER }.vnet_offset(), Some(32));
}

#[test]
fn a_tag_of_an_untold_type_is_a_customers() {
    let told = USER | VLAN_VALID | VLAN_TYPE_VALID;
    let header = Header { status: told, tag: 7, tag_type: 0x88a8, ..HEADER };
    assert_eq!(header.check([0; 10], 2048).unwrap().vlan, Some((0x88a8, 7)));
    let header = Header { status: USER | VLAN_VALID, ..header };
    assert_eq!(header.check([0; 10], 2048).unwrap().vlan, Some((0x8100, 7)));
    let short = Header { len: 11, kept: 11, ..header };
    assert_eq!(short.check([0; 10], 2048), Err(Fault::Malformed));
}

#[test]
fn a_checksum_must_have_room_in_the_packet() {
    let frame = HEADER.check(vnet(1, 0, 0, 34, 16), 2048).unwrap();
    assert_eq!(frame.checksum, Some(Checksum { start: 34, at: 50 }));
    for (start, at) in [(34, 25), (60, 0), (u16::MAX, 0), (0, u16::MAX), (u16::MAX, u16::MAX)] {
        assert_eq!(HEADER.check(vnet(1, 0, 0, start, at), 2048), Err(Fault::Malformed));
    }
}

#[test]
fn a_packet_to_be_cut_says_into_what() {
    let cut = |kind, size| HEADER.check(vnet(1, kind, size, 34, 16), 2048).map(|frame| frame.cut);
    assert_eq!(cut(1, 1448), Ok(Some(Cut { size: 1448, is_tcp: true })));
    assert_eq!(cut(0x84, 1428), Ok(Some(Cut { size: 1428, is_tcp: true })));
    assert_eq!(cut(5, 1400), Ok(Some(Cut { size: 1400, is_tcp: false })));
    assert_eq!(cut(1, 0), Err(Fault::Malformed));
    assert_eq!(cut(3, 1400), Err(Fault::Malformed));
}
