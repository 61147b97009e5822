import Foundation

/// The processors that this process may keep busy: the machine's, or as many as its control group's CPU quota is worth where that is less.
package enum ProcessorShare {
    /// Threads for work that computes: at least 1.
    package static func threads() -> Int {
        threads(processors: ProcessInfo.processInfo.activeProcessorCount) {
            try? String(contentsOfFile: $0, encoding: .utf8)
        }
    }

    /// The same of any machine. A quota of a part of a processor counts as a whole one.
    ///
    /// - Parameter read: the text of a file, nil where it cannot be read.
    package static func threads(processors: Int, read: (String) -> String?) -> Int {
        let quotas = groups(read).compactMap { quota($0, read) }
        return max(1, ([processors] + quotas.map { Int($0.rounded(.up)) }).min() ?? 1)
    }

    /// Directories of the process's own group and of those that hold it; in a container its own is the root.
    private static func groups(_ read: (String) -> String?) -> [String] {
        var groups = ["/sys/fs/cgroup", "/sys/fs/cgroup/cpu"]
        for line in (read("/proc/self/cgroup") ?? "").split(separator: "\n") {
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isUnified = fields[0] == "0"
            guard isUnified || fields[1].split(separator: ",").contains("cpu") else { continue }
            var path = isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu"
            for part in fields[2].split(separator: "/") {
                path += "/" + part
                groups.append(path)
            }
        }
        return groups
    }

    /// Processors' worth; nil without a quota.
    private static func quota(_ group: String, _ read: (String) -> String?) -> Double? {
        func numbers(_ file: String) -> [Double]? {
            read(group + "/" + file).map { $0.split(whereSeparator: \.isWhitespace).compactMap { Double($0) } }
        }
        // Version 2: `QUOTA PERIOD`, the first `max` for none. Version 1: a file each, -1 for none.
        if let both = numbers("cpu.max"), both.count == 2, both[1] > 0 { return both[0] / both[1] }
        guard let quota = numbers("cpu.cfs_quota_us")?.first, quota > 0,
            let period = numbers("cpu.cfs_period_us")?.first, period > 0
        else { return nil }
        return quota / period
    }
}
