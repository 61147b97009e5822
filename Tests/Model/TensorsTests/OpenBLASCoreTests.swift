import Tensors
import Testing

@Suite struct OpenBLASCoreTests {
    @Test func warnsOnlyWhereTheEnvironmentForcesASlowerCore() {
        let slow = OpenBLASCore(name: "Haswell", forcedBy: "Haswell", cpuHasAVX512: true)
        #expect(slow.warning?.contains("Unset OPENBLAS_CORETYPE") == true)
        #expect(OpenBLASCore(name: "Haswell", forcedBy: nil, cpuHasAVX512: true).warning == nil)
        #expect(OpenBLASCore(name: "Haswell", forcedBy: "Haswell", cpuHasAVX512: false).warning == nil)
        #expect(OpenBLASCore(name: "SkylakeX", forcedBy: "SkylakeX", cpuHasAVX512: true).warning == nil)
    }

    @Test func theCoreInUseHasAName() {
        #expect(!OpenBLASCore.inUse(environment: [:]).name.isEmpty)
    }
}
