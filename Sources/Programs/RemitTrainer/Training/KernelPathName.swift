import CommandLines
import Foundation
import Tensors
import Transformers

/// What the bits of a run depend on beside its options.
enum KernelPathName {
    static func inUse(_ workers: WorkerPool, _ terminal: Terminal, precision: Precision = .f32) -> String {
        let name = workers.path.name(for: precision.format)
        guard !workers.path.packsGradients(precision.format) else { return name }
        let core = OpenBLASCore.inUse(environment: ProcessInfo.processInfo.environment)
        if let warning = core.warning { terminal.line("warning: " + warning) }
        return "\(name), \(core)"
    }
}
