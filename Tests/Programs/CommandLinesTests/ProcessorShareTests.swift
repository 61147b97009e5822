import CommandLines
import System
import TestSupport
import Testing

/// How many threads there are by default.
struct ProcessorShareTests {
    private static func threads(_ files: [String: String], processors: Int = 64) throws -> Int {
        let root = try TemporaryDirectory()
        for (name, text) in files { try root.write(name, Array(text.utf8)) }
        return ProcessorShare.threads(processors: processors, groups: ControlGroups(root: root.path))
    }

    @Test func theQuotaOfTheControlGroupCounts() throws {
        #expect(try Self.threads([:]) == 64)
        #expect(try Self.threads(["sys/fs/cgroup/cpu.max": "max 100000\n"]) == 64)
        #expect(try Self.threads(["sys/fs/cgroup/cpu.max": "200000 100000\n"]) == 2)
        #expect(try Self.threads(["sys/fs/cgroup/cpu.max": "250000 100000\n"]) == 3)
        #expect(try Self.threads(["sys/fs/cgroup/cpu.max": "1000 100000\n"]) == 1)
        #expect(try Self.threads(["sys/fs/cgroup/cpu.max": "800000 100000\n"], processors: 4) == 4)
        #expect(try Self.threads(["sys/fs/cgroup/cpu.max": "1e300 1\n"]) == 64)
        // The group itself, or one that holds it.
        let nested = ["proc/self/cgroup": "0::/system.slice/remit.service\n"]
        let own = ["sys/fs/cgroup/system.slice/remit.service/cpu.max": "300000 100000"]
        #expect(try Self.threads(nested.merging(own) { $1 }) == 3)
        #expect(try Self.threads(nested.merging(["sys/fs/cgroup/system.slice/cpu.max": "100000 100000"]) { $1 }) == 1)
        // Version 1.
        let first = [
            "proc/self/cgroup": "4:cpu,cpuacct:/docker/x\n3:memory:/y\n",
            "sys/fs/cgroup/cpu/docker/x/cpu.cfs_quota_us": "150000\n",
            "sys/fs/cgroup/cpu/docker/x/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1", "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
        ]
        #expect(try Self.threads(first) == 2)
        #expect(try Self.threads(["sys/fs/cgroup/cpu.max": "nonsense"]) == 64)
        #expect(ProcessorShare.threads() >= 1)
    }
}
