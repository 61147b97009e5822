import Glibc

/// Where a process's number means that process: on one machine since its last start, in one namespace of process numbers (containers have
/// their own). In a folder that several of them write to, the same number elsewhere is another process.
package enum ProcessPlace {
    /// Of this process: the host's name, which other machines may have too, what tells the machine's start from others, and the namespace.
    package static let current: String = {
        guard let start = startOfMachine, let namespace else {
            // No other process is taken to be in the same place.
            return "\(HostName.current)-\(String(UInt64.random(in: 0...UInt64.max), radix: 16))"
        }
        return "\(HostName.current)-\(start)-\(namespace)"
    }()

    /// Eight hexadecimal digits.
    private static var startOfMachine: String? {
        var bytes: [UInt8] = []
        guard let file = try? OpenFile(path: "/proc/sys/kernel/random/boot_id"),
            (try? file.read(0, atMost: 8, into: &bytes)) != nil, bytes.count == 8
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The number in the link's `pid:[4026531836]`.
    private static var namespace: String? {
        var link = [CChar](repeating: 0, count: 64)
        let count = readlink("/proc/self/ns/pid", &link, link.count)
        let digits = link.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }
            .filter { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return digits.isEmpty ? nil : String(decoding: digits, as: UTF8.self)
    }
}
