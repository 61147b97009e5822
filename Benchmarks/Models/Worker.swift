import Foundation

/// Numbers and texts of one answer, in order.
struct Report {
    private(set) var fields: [(name: String, value: String)] = []

    mutating func set(_ name: String, _ value: Double) { fields.append((name, "\(value)")) }
    mutating func set(_ name: String, _ value: Int) { fields.append((name, "\(value)")) }
    mutating func set(_ name: String, _ value: String) { fields.append((name, "\"\(value)\"")) }

    var json: String { "{" + fields.map { "\"\($0.name)\": \($0.value)" }.joined(separator: ", ") + "}" }
}

/// Seconds that one piece of work took: of CPU time of the whole process, and on the clock.
struct Stopwatch {
    private let cpu = Stopwatch.seconds(CLOCK_PROCESS_CPUTIME_ID)
    private let wall = Stopwatch.seconds(CLOCK_MONOTONIC)

    func stop(into report: inout Report) {
        report.set("cpu", Self.seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu)
        report.set("wall", Self.seconds(CLOCK_MONOTONIC) - wall)
    }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + 1e-9 * Double(time.tv_nsec)
    }
}

/// What a worker does once a round.
protocol Work: AnyObject {
    /// Its kernels, for the driver's table.
    var description: String { get }
    /// Of the last round.
    var logProbs: [Float] { get }
    func take(batchFile: String) throws
    func round() throws -> Report
}

/// The loop that answers a driver.
enum Worker {
    static func serve(_ work: some Work) throws {
        answer("{\"ready\": \"\(work.description)\"}")
        while let line = readLine() {
            if line == "round" {
                var report = try work.round()
                report.set("peak_rss", ProcessMemory.peakResidentBytes)
                answer(report.json)
            } else if line.hasPrefix("scores ") {
                try write(work.logProbs, to: String(line.dropFirst("scores ".count)))
                answer("{}")
            } else if line.hasPrefix("batch ") {
                try work.take(batchFile: String(line.dropFirst("batch ".count)))
                answer("{}")
            } else {
                throw UsageError()
            }
        }
    }

    private static func answer(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    private static func write(_ values: [Float], to path: String) throws {
        let data = values.reduce(into: Data(capacity: 4 * values.count)) { data, value in
            withUnsafeBytes(of: value.bitPattern.littleEndian) { data.append(contentsOf: $0) }
        }
        try data.write(to: URL(fileURLWithPath: path))
    }
}

enum ProcessMemory {
    /// The most that was resident at once since the program began.
    static var peakResidentBytes: Int { bytes("VmHWM:") }

    private static func bytes(_ field: String) -> Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix(field) }
        return (line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int($0) } ?? 0) << 10
    }
}
