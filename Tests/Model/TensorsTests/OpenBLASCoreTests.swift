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

    @Test func theCoreInUseHasANameAndAVersion() throws {
        let core = OpenBLASCore.inUse(environment: [:])
        #expect(!core.name.isEmpty)
        let version = try #require(core.version)
        #expect(version.contains(/^\d+\.\d+/))
        #expect(core.description == "OpenBLAS \(core.name) \(version)")
    }

    @Test(
        arguments: [
            ("OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH NO_AFFINITY Zen MAX_THREADS=64", "0.3.21"),
            ("OpenBLAS 0.3.29.dev  USE64BITINT", "0.3.29.dev"), ("OpenBLAS NO_LAPACKE", nil), ("", nil),
        ] as [(String, String?)])
    func theVersionIsWhatTheLibrarySays(_ configuration: String, _ version: String?) {
        #expect(OpenBLASCore.version(inConfiguration: configuration) == version)
    }

    @Test func withoutAVersionItIsTheNameAlone() {
        #expect(OpenBLASCore(name: "Zen", forcedBy: nil, cpuHasAVX512: false).description == "OpenBLAS Zen")
    }
}
