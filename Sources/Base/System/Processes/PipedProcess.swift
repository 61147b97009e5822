import Glibc

/// A program that reads what we write and whose output we read. No call on our ends of its pipes waits.
package final class PipedProcess {
    /// The process itself.
    package let process: ChildProcess
    private var inputEnd: FileDescriptor?
    private var outputEnd: FileDescriptor?

    /// Starts a program; its standard error is ours.
    ///
    /// - Throws: `SystemError` where no pipe or process is to be had.
    package init(_ program: String, _ arguments: [String]) throws(SystemError) {
        let toProgram = try PipeEnds()
        let fromProgram = try PipeEnds()
        process = try ChildProcess(
            program, arguments,
            streams: ChildProcess.Streams(input: toProgram.readEnd.number, output: fromProgram.writeEnd.number))
        toProgram.writeEnd.neverWait()
        fromProgram.readEnd.neverWait()
        inputEnd = .some(toProgram.writeEnd)
        outputEnd = .some(fromProgram.readEnd)
    }

    /// Closing its input lets a well-behaved program end by itself; the others are ended.
    deinit {
        inputEnd = nil
        outputEnd = nil
        _ = process.end(withinMilliseconds: 500)
        process.stop()
    }

    /// Write end of its standard input.
    package var input: Int32 { number(inputEnd) }
    /// Read end of its standard output.
    package var output: Int32 { number(outputEnd) }

    private func number(_ end: borrowing FileDescriptor?) -> Int32 {
        switch end {
        case .some(let end): end.number
        case nil: -1
        }
    }
}
