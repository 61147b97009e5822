import Foundation

/// What the kernel says of this process, under the names that every Prometheus client library uses.
struct ProcessMetrics: Sendable {
    private static let startTime = Date.now.timeIntervalSince1970

    func register(in registry: MetricsRegistry) {
        let start = Self.startTime
        registry.gauge("process_start_time_seconds", "When the process started, in seconds since 1970.") {
            [([], start)]
        }
        registry.gauge("process_resident_memory_bytes", "Memory of the process that is in RAM.") {
            Self.reading(Self.residentBytes)
        }
        registry.gauge("process_cpu_seconds_total", "CPU time of all threads, user and system.", kind: "counter") {
            [([], Self.cpuSeconds)]
        }
        registry.gauge("process_open_fds", "Open file descriptors.") { Self.reading(Self.openDescriptors) }
        registry.gauge("process_max_fds", "The limit on open file descriptors.") { Self.reading(Self.maxDescriptors) }
        registry.gauge("process_threads", "Threads of the process.") { Self.reading(Self.threads) }
    }

    /// Without a series where the kernel does not say.
    private static func reading(_ value: Double?) -> [(labels: [String], value: Double)] {
        value.map { [([], $0)] } ?? []
    }

    /// The second number of statm counts pages.
    private static var residentBytes: Double? {
        let fields = text("/proc/self/statm").split(separator: " ")
        guard fields.count > 1, let pages = Double(fields[1]) else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    private static var cpuSeconds: Double {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let seconds = { (time: timeval) in Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return seconds(usage.ru_utime) + seconds(usage.ru_stime)
    }

    /// The one that the listing itself takes is not counted.
    private static var openDescriptors: Double? {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { Double($0.count - 1) }
    }

    private static var maxDescriptors: Double? {
        var limit = rlimit()
        return getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 ? Double(limit.rlim_cur) : nil
    }

    private static var threads: Double? {
        let line = text("/proc/self/status").split(separator: "\n").first { $0.hasPrefix("Threads:") }
        return line.flatMap { Double($0.dropFirst("Threads:".count).filter { $0 != "\t" && $0 != " " }) }
    }

    private static func text(_ path: String) -> String {
        FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }
}
