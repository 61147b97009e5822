import Foundation
import Reports
import TestSupport
import Testing

struct EventFileTests {
    /// RFC 3720, appendix B.4, and the check value of the CRC catalogues.
    @Test func theChecksumIsCastagnolis() {
        #expect(CRC32C.checksum("123456789".utf8) == 0xE306_9283)
        #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.checksum(0..<32) == 0x46DD_794E)
        #expect(CRC32C.checksum([UInt8]()) == 0)
    }

    @Test func everyRecordIsFramedAndHoldsItsStep() throws {
        let directory = try TemporaryDirectory()
        let file = try EventFile(directory: directory.file("a/b"), nextStep: 7, now: Date(timeIntervalSince1970: 1000))
        let histogram = EventHistogram(range: 0.8...1.2, counts: [3, 0, 0, 1], sum: 3.6)
        try file.append(
            EventSummary(scalars: [("loss", 0.5), ("learning_rate", 1e-3)], histograms: [("weights", histogram)]),
            step: 300, now: Date(timeIntervalSince1970: 1001.5))

        let name = try #require(file.path.split(separator: "/").last)
        #expect(name.hasPrefix("events.out.tfevents.0000001000."))
        let records = try records(Data(contentsOf: URL(fileURLWithPath: file.path)))
        #expect(records.count == 3)
        let version = Message(records[0])
        #expect(version.double(1) == 1000 && version.text(3) == "brain.Event:2")
        let start = Message(records[1])
        #expect(start.integer(2) == 7 && start.message(7)?.integer(1) == 1)

        let event = Message(records[2])
        #expect(event.double(1) == 1001.5 && event.integer(2) == 300)
        let values = event.message(5)?.messages(1) ?? []
        #expect(values.compactMap { $0.text(1) } == ["loss", "learning_rate", "weights"])
        #expect(values[0].float(2) == 0.5 && values[1].float(2) == 1e-3)
        let written = try #require(values[2].message(5))
        #expect(written.double(3) == 4 && written.double(4) == 3.6)
        #expect(written.doubles(7) == [3, 0, 0, 1])
        #expect(zip(written.doubles(6), [0.9, 1.0, 1.1, 1.2]).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    @Test func aDirectoryThatCannotBeMadeIsSaid() throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write("file", Array("x".utf8))
        #expect(throws: ReportError.self) { try EventFile(directory: file + "/below", nextStep: 1) }
    }

    /// A limit on the size of files stands in for a full disk.
    @Test func aRecordThatWasWrittenInPartIsSaidWithItsReason() async throws {
        let directory = try TemporaryDirectory()
        await #expect(processExitsWith: .success) { [path = directory.path as String] in
            let file = try EventFile(directory: path, nextStep: 1)
            limitFiles(to: 200)
            errno = 0
            let error = try #require(throws: ReportError.self) {
                for step in 1...9 { try file.append(EventSummary(scalars: [("loss", 0.5)]), step: step) }
            }
            precondition(error == .unwritable(path: file.path, reason: "File too large"), "\(error)")
        }
        withExtendedLifetime(directory) {}
    }

    /// The events of a TFRecord file, with both checksums of each checked.
    private func records(_ file: Data) throws -> [[UInt8]] {
        var rest = Array(file)[...]
        var records: [[UInt8]] = []
        func number(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
        while rest.count >= 16 {
            let length = rest.prefix(8)
            #expect(number(rest.dropFirst(8).prefix(4)) == UInt64(CRC32C.masked(length)))
            let event = Array(rest.dropFirst(12).prefix(Int(number(length))))
            #expect(number(rest.dropFirst(12 + event.count).prefix(4)) == UInt64(CRC32C.masked(event)))
            records.append(event)
            rest = rest.dropFirst(16 + event.count)
        }
        #expect(rest.isEmpty)
        return records
    }
}

/// A protocol buffers message, read field by field.
private struct Message {
    private var fields: [UInt64: [[UInt8]]] = [:]

    init(_ bytes: [UInt8]) {
        var rest = bytes[...]
        func varint() -> UInt64 {
            var (value, shift) = (UInt64(0), UInt64(0))
            while let byte = rest.popFirst() {
                value |= UInt64(byte & 0x7F) << shift
                shift += 7
                if byte < 0x80 { break }
            }
            return value
        }
        while !rest.isEmpty {
            let key = varint()
            let count: Int
            switch key & 7 {
            case 0:
                let value = varint()
                fields[key >> 3, default: []].append((0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) })
                continue
            case 1: count = 8
            case 5: count = 4
            default: count = Int(varint())
            }
            fields[key >> 3, default: []].append(Array(rest.prefix(count)))
            rest = rest.dropFirst(count)
        }
    }

    private func bits(_ bytes: some Collection<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }

    func integer(_ field: UInt64) -> Int? { fields[field]?.first.map { Int(bits($0)) } }
    func double(_ field: UInt64) -> Double? { fields[field]?.first.map { Double(bitPattern: bits($0)) } }
    func float(_ field: UInt64) -> Float? { fields[field]?.first.map { Float(bitPattern: UInt32(bits($0))) } }
    func text(_ field: UInt64) -> String? { fields[field]?.first.map { String(decoding: $0, as: UTF8.self) } }
    func messages(_ field: UInt64) -> [Message] { fields[field, default: []].map(Message.init) }
    func message(_ field: UInt64) -> Message? { messages(field).first }
    func doubles(_ field: UInt64) -> [Double] {
        guard let bytes = fields[field]?.first else { return [] }
        return stride(from: 0, to: bytes.count, by: 8).map { Double(bitPattern: bits(bytes[$0..<$0 + 8])) }
    }
}
