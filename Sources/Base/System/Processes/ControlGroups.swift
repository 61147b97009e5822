import Foundation

/// The control groups that this process is in, versions 1 and 2: its own and those that hold it, whose limits all bind.
///
/// In a container with a namespace of its own the group's directory is the root of the hierarchy; where a container sees the path that
/// the machine has for its group, that path is not there, and the root is what counts.
package struct ControlGroups: Sendable {
    private let root: String

    /// - Parameter root: directory that holds `proc` and `sys`: `/`, or a test's.
    package init(root: String = "/") {
        self.root = root.hasSuffix("/") ? root : root + "/"
    }

    /// Directories of the groups, those of version 2 and those of the controller of version 1, from the outermost inwards; they need not
    /// exist.
    ///
    /// - Parameter controller: `cpu`, `memory`.
    package func directories(of controller: String) -> [String] {
        let (unified, own) = (root + "sys/fs/cgroup", root + "sys/fs/cgroup/" + controller)
        var directories = [unified, own]
        for line in (text(root + "proc/self/cgroup") ?? "").split(separator: "\n") {
            // `NUMBER:CONTROLLERS:PATH`; version 2 has the number 0.
            let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard fields.count == 3 else { continue }
            let isUnified = fields[0] == "0"
            guard isUnified || fields[1].split(separator: ",").contains(Substring(controller)) else { continue }
            var directory = isUnified ? unified : own
            for part in fields[2].split(separator: "/") {
                directory += "/" + part
                directories.append(directory)
            }
        }
        return directories
    }

    /// The numbers in a file of a group's, in their order; words are passed over. nil where the file cannot be read.
    package func numbers(_ directory: String, _ file: String) -> [Double]? {
        text(directory + "/" + file).map { $0.split(whereSeparator: \.isWhitespace).compactMap { Double($0) } }
    }

    private func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}
