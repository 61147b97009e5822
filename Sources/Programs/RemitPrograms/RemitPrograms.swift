import CommandLines
import Foundation
import RemitServer
import RemitTrainer

/// Both programs in one executable, which the wheel brings: half the size of two. It is the one by whose name it was started, or that its
/// first argument names.
@main
struct RemitPrograms {
    static func main() async {
        let arguments = CommandLine.arguments
        switch ProgramName(startedBy: arguments.first ?? "") {
        case .server?: ServerCommand.main()
        case .trainer?: await RemitTrainer.main()
        case nil: start(Array(arguments.dropFirst()))
        }
    }

    /// This executable again under the first argument's name, so that the programs see the arguments they always see.
    private static func start(_ arguments: [String]) -> Never {
        guard let first = arguments.first, let program = ProgramName(rawValue: first) else {
            let names = ProgramName.allCases.map { "\(ProgramName.both) \($0.rawValue)" }
            end("which program? \(names.joined(separator: " ARGUMENT..., or ")) ARGUMENT...", status: 64)
        }
        let own =
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        var words = ([program.rawValue] + arguments.dropFirst()).map { strdup($0) } + [nil]
        execv(own, &words)
        end("\(own) cannot be started: \(String(cString: strerror(errno)))", status: 1)
    }

    private static func end(_ reason: String, status: Int32) -> Never {
        try? FileHandle.standardError.write(contentsOf: Data("\(ProgramName.both): \(reason)\n".utf8))
        exit(status)
    }
}
