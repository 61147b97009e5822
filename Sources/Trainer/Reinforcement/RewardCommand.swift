import Foundation
import System

/// A command for the shell that judges completions, before it is started.
package enum RewardCommand {
    /// What a shell takes for more than a part of a program's name.
    private static let special = Set("\"'`$\\|&;<>(){}*?[]#~!")

    /// The program that the command begins with, where the shell finds none of that name.
    ///
    /// - Returns: nil where it can be started, or where only the shell itself can tell: behind an assignment or a quotation, say.
    package static func missingProgram(of command: String) -> String? {
        let word = String(command.drop(while: \.isWhitespace).prefix { !$0.isWhitespace })
        guard !word.isEmpty else { return command }
        guard !word.contains(where: { special.contains($0) || $0 == "=" }) else { return nil }
        if word.contains("/") { return isProgram(word) ? nil : word }
        // The shell's own words are programs to it too.
        let search = try? ChildProcess("/bin/sh", ["-c", "command -v \"$1\" >/dev/null 2>&1", "sh", word])
        guard case .status(let status)? = search?.end(withinMilliseconds: 10_000) else { return nil }
        return status == 0 ? nil : word
    }

    private static func isProgram(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && !isDirectory.boolValue
            && FileManager.default.isExecutableFile(atPath: path)
    }
}
