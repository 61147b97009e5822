import CommandLines
import Foundation
import Tensors

/// What the bits of a run depend on beside its options.
enum KernelPathName {
    static func inUse(_ workers: WorkerPool, _ terminal: Terminal) -> String {
        let core = OpenBLASCore.inUse(environment: ProcessInfo.processInfo.environment)
        if let warning = core.warning { terminal.line("warning: " + warning) }
        return "\(workers.path.name), OpenBLAS \(core.name)"
    }
}
