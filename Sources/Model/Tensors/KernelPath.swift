import CKernels

/// The instruction set that every kernel of a process runs on. Results are the same bits on one path; between paths they may
/// differ in rounding.
package enum KernelPath: Int32, CaseIterable, Comparable, Sendable {
    /// Without instructions beyond the ones that every CPU of the architecture has.
    case portable
    case avx2
    case avx512
    /// AVX-512 with dot products of pairs in bf16: in f32 the bits of `avx512`, in bf16 others.
    case avx512bf16

    /// What this CPU can run, slowest first.
    package static var supported: [KernelPath] {
        allCases.filter { remit_path_supported($0.rawValue) != 0 }
    }

    /// The fastest path of this CPU.
    package static var best: KernelPath { supported.last ?? .portable }

    /// The path that a name says: of a case, or as /info, a manifest or remit.json say which kernels computed; nil where it is none.
    ///
    /// What such a name adds of bf16's storage or OpenBLAS's core is not part of the path.
    package init?(named name: String) {
        let name = name.prefix { $0 != "," }
        guard let path = Self.allCases.first(where: { "\($0)" == name || $0.name == name }) else { return nil }
        self = path
    }

    /// The path that was asked for, or the fastest.
    ///
    /// - Throws: `UnsupportedKernelPath` where this CPU cannot run it.
    package static func chosen(_ path: KernelPath?) throws -> KernelPath {
        guard let path, !supported.contains(path) else { return path ?? best }
        throw UnsupportedKernelPath(path: path, supported: supported)
    }

    package static func < (a: KernelPath, b: KernelPath) -> Bool { a.rawValue < b.rawValue }

    /// Name of the instructions that f32 products run on, as /info, manifests and fingerprints have it. `avx512` and `avx512bf16`
    /// share one, since they give the same bits in f32.
    package var name: String {
        switch self {
        case .portable: "portable"
        case .avx2: "avx2+fma"
        case .avx512, .avx512bf16: "avx512f"
        }
    }

    /// The name of what computes products in `format`: it decides their bits.
    package func name(for format: MatrixFormat) -> String {
        switch format {
        case .f32: name
        case .bf16: self == .avx512bf16 ? "avx512bf16" : name + ", bf16 storage"
        }
    }
}

/// A kernel path that was asked for on a CPU without its instructions.
package struct UnsupportedKernelPath: Error, Equatable, CustomStringConvertible {
    /// The path that was asked for.
    package let path: KernelPath
    /// What this CPU can run, slowest first.
    package let supported: [KernelPath]

    package init(path: KernelPath, supported: [KernelPath]) {
        self.path = path
        self.supported = supported
    }

    package var description: String {
        "kernel path \(path): this CPU lacks its instructions; it has those of "
            + supported.map { "\($0)" }.joined(separator: ", ")
    }
}
