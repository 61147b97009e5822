import CKernels

/// The instruction set that every kernel of a process runs on. Results are the same bits on one path; between paths they may
/// differ in rounding.
package enum KernelPath: Int32, CaseIterable, Sendable {
    case portable
    case avx2
    case avx512

    /// What this CPU can run, slowest first.
    package static var supported: [KernelPath] {
        allCases.filter { remit_path_supported($0.rawValue) != 0 }
    }

    /// The fastest path of this CPU.
    package static var best: KernelPath { supported.last ?? .portable }

    package var name: String {
        switch self {
        case .portable: "portable"
        case .avx2: "avx2+fma"
        case .avx512: "avx512f"
        }
    }

    /// The name of what computes products in `format`: it decides their bits.
    package func name(for format: MatrixFormat) -> String {
        switch format {
        case .f32: name
        case .bf16: self == .avx512 && remit_cpu_has_avx512bf16() != 0 ? "avx512bf16" : name + ", bf16 storage"
        }
    }
}
