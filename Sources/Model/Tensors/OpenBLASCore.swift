import CKernels
import COpenBLAS

/// The kernel set that OpenBLAS took when it was loaded. Only gradients depend on it.
package struct OpenBLASCore: Sendable, Equatable, CustomStringConvertible {
    /// Name of the kernel set, as OpenBLAS spells it: for example `SkylakeX`.
    package let name: String
    /// Version of the OpenBLAS that is linked or loaded, as `0.3.21`; nil where it does not say. Releases change kernels, and so last bits.
    package let version: String?
    /// The value of OPENBLAS_CORETYPE, which OpenBLAS obeys; nil where it is not set.
    package let forcedBy: String?
    /// Whether the CPU has AVX-512.
    package let cpuHasAVX512: Bool

    package init(name: String, version: String? = nil, forcedBy: String?, cpuHasAVX512: Bool) {
        self.name = name
        self.version = version
        self.forcedBy = forcedBy
        self.cpuHasAVX512 = cpuHasAVX512
    }

    /// The core in use in this process.
    ///
    /// - Parameter environment: the process's environment.
    package static func inUse(environment: [String: String]) -> OpenBLASCore {
        OpenBLASCore(
            name: openblas_get_corename().map { String(cString: $0) } ?? "unknown",
            version: openblas_get_config().flatMap { Self.version(inConfiguration: String(cString: $0)) },
            forcedBy: environment["OPENBLAS_CORETYPE"],
            cpuHasAVX512: remit_path_supported(KernelPath.avx512.rawValue) != 0)
    }

    /// The version in what OpenBLAS says of how it was built, as `OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH`; nil where there is none.
    package static func version(inConfiguration text: String) -> String? {
        let words = text.split(separator: " ")
        guard words.count > 1, words[0] == "OpenBLAS", words[1].first?.isNumber == true else { return nil }
        return String(words[1])
    }

    /// The core as the name of a kernel path says it: `OpenBLAS Haswell 0.3.21`.
    package var description: String { (["OpenBLAS", name] + [version].compactMap(\.self)).joined(separator: " ") }

    /// Sentence for the user where the environment forces a slower core than the CPU has; nil where it does not.
    package var warning: String? {
        guard let forcedBy, cpuHasAVX512, !OpenBLASCore.avx512Cores.contains(name.lowercased()) else { return nil }
        return "OPENBLAS_CORETYPE=\(forcedBy) makes OpenBLAS use its \(name) kernels although this CPU has AVX-512: "
            + "gradients run at about half speed. Unset OPENBLAS_CORETYPE."
    }

    private static let avx512Cores: Set<String> = ["skylakex", "cooperlake", "sapphirerapids"]
}

/// Names of the CPU's vector features that matter here, for logs and /info.
package func cpuFeatures() -> [String] {
    KernelPath.supported.filter { $0 != .portable }.map { $0.name(for: $0 == .avx512bf16 ? .bf16 : .f32) }
}
