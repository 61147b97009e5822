import CommandLines
import System
import TestSupport
import Testing

/// How much memory there is by default.
struct MachineMemoryTests {
    private static func bytes(_ files: [String: String]) throws -> Int {
        let root = try TemporaryDirectory()
        for (name, text) in files { try root.write(name, Array(text.utf8)) }
        return MachineMemory.bytes(machine: 1000, groups: ControlGroups(root: root.path))
    }

    @Test func theLeastLimitOnTheWayCounts() throws {
        #expect(try Self.bytes([:]) == 1000)
        #expect(try Self.bytes(["sys/fs/cgroup/memory.max": "max\n"]) == 1000)
        #expect(try Self.bytes(["sys/fs/cgroup/memory.max": "400\n"]) == 400)
        #expect(try Self.bytes(["sys/fs/cgroup/memory.max": "4000\n"]) == 1000)
        #expect(try Self.bytes(["sys/fs/cgroup/memory.max": "nonsense"]) == 1000)
        let inside = [
            "proc/self/cgroup": "0::/a.slice/b.service/c\n", "sys/fs/cgroup/a.slice/b.service/memory.max": "300",
        ]
        #expect(try Self.bytes(inside) == 300)
        let own = [
            "sys/fs/cgroup/a.slice/b.service/c/memory.max": "200", "sys/fs/cgroup/a.slice/memory.max": "max",
        ]
        #expect(try Self.bytes(inside.merging(own) { $1 }) == 200)
        #expect(try Self.bytes(inside.merging(["sys/fs/cgroup/a.slice/memory.max": "100"]) { $1 }) == 100)
        // Version 1, whose word for none is a number beyond any machine.
        let first = [
            "proc/self/cgroup": "9:memory:/d/e\n4:cpu:/f\n", "sys/fs/cgroup/memory/d/memory.limit_in_bytes": "600",
            "sys/fs/cgroup/memory/d/e/memory.limit_in_bytes": "9223372036854771712",
            "sys/fs/cgroup/memory/f/memory.limit_in_bytes": "1",
        ]
        #expect(try Self.bytes(first) == 600)
        #expect(MachineMemory.bytes() > 64 << 20)
    }

    @Test func whatIsHeldIsTakenOff() {
        #expect(MachineMemory.bytes(beside: 1000) == MachineMemory.bytes() - 1000)
        #expect(MachineMemory.bytes(beside: .max) == 0)
    }
}
