import System
import TestSupport
import Testing

/// Control groups below a root of the test's own.
struct ControlGroupsTests {
    private let root: TemporaryDirectory
    private let groups: ControlGroups

    init() throws {
        root = try TemporaryDirectory()
        groups = ControlGroups(root: root.path)
    }

    private func directories(_ memberships: String, of controller: String) throws -> [Substring] {
        try root.write("proc/self/cgroup", Array(memberships.utf8))
        return groups.directories(of: controller).map { $0.dropFirst(root.path.count) }
    }

    @Test func aGroupIsFoundWithAllThatHoldIt() throws {
        #expect(groups.directories(of: "cpu").count == 2)
        #expect(
            try directories("0::/system.slice/remit.service\n", of: "memory") == [
                "/sys/fs/cgroup", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/system.slice",
                "/sys/fs/cgroup/system.slice/remit.service",
            ])
        #expect(
            try directories("4:cpu,cpuacct:/docker/x\n3:memory:/y\nnonsense\n", of: "cpu") == [
                "/sys/fs/cgroup", "/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu/docker", "/sys/fs/cgroup/cpu/docker/x",
            ])
        #expect(try directories("0::/\n", of: "cpu").count == 2)
    }

    @Test func aFilesNumbersAreRead() throws {
        let group = root.file("sys/fs/cgroup")
        #expect(groups.numbers(group, "cpu.max") == nil)
        try root.write("sys/fs/cgroup/cpu.max", Array("max 100000\n".utf8))
        #expect(groups.numbers(group, "cpu.max") == [100_000])
    }
}
