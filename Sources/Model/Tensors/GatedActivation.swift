import CKernels

/// The product of a gated feed-forward (Shazeer 2020, arXiv 2002.05202): activation(gate) * up.
package enum GatedActivation: String, Sendable {
    case silu
    case geluTanh

    /// out = activation(gate) * up, elementwise; all three [n, F].
    package func forward(gate: Tensor, up: Tensor, into out: Tensor, path: KernelPath) {
        for row in 0..<gate.rows {
            remit_gated_forward(path.rawValue, code, gate.columns, gate.row(row), up.row(row), out.row(row))
        }
    }

    /// Overwrites `gate` and `up`, which hold their values, with their gradients; `dout` is the gradient of the product. All [n, F].
    package func backward(gate: Tensor, up: Tensor, dout: Tensor, path: KernelPath) {
        for row in 0..<gate.rows {
            remit_gated_backward(path.rawValue, code, gate.columns, gate.row(row), up.row(row), dout.row(row))
        }
    }

    private var code: Int32 {
        switch self {
        case .silu: Int32(REMIT_SILU)
        case .geluTanh: Int32(REMIT_GELU_TANH)
        }
    }
}
