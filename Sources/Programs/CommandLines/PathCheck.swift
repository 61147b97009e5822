import Foundation
import System

/// Places on the disk that a command line names, looked at before anything long begins. Nothing is read or made.
package enum PathCheck {
    /// A place that cannot be what the command needs it for.
    package struct Failure: Error, Equatable, CustomStringConvertible {
        /// The path as it was given.
        package let path: String
        /// The flag that named it.
        package let flag: String
        /// What is wrong, as the predicate of a sentence.
        package let reason: String

        /// Path, flag and reason in one line.
        package var description: String { "\(flag) \(path): it \(reason)" }
    }

    /// A file that will be read; nil passes.
    ///
    /// - Throws: `Failure` where there is none that can be read.
    package static func input(file path: String?, _ flag: String) throws(Failure) {
        try input(path, flag, isDirectory: false)
    }

    /// A directory that will be read; nil passes.
    ///
    /// - Throws: `Failure` where there is none that can be read.
    package static func input(directory path: String?, _ flag: String) throws(Failure) {
        try input(path, flag, isDirectory: true)
    }

    /// A file or a directory that will be read; nil passes.
    ///
    /// - Throws: `Failure` where there is none that can be read.
    package static func input(path: String?, _ flag: String) throws(Failure) { try input(path, flag, isDirectory: nil) }

    /// A directory that will be written to, and made where it is not there; nil passes.
    ///
    /// - Throws: `Failure` where it cannot be made or written to.
    package static func output(directory path: String?, _ flag: String) throws(Failure) {
        guard let path else { return }
        guard !path.isEmpty else { throw Failure(path: "''", flag: flag, reason: "is no path") }
        var place = URL(fileURLWithPath: path).standardizedFileURL
        while FileIdentity(place.path) == nil, place.path != "/" { place.deleteLastPathComponent() }
        let isItself = FileIdentity(path) != nil
        guard FileIdentity(place.path)?.isDirectory == true else {
            throw Failure(
                path: path, flag: flag,
                reason: isItself ? "is a file, expected a directory" : "cannot be made: \(place.path) is no directory")
        }
        guard FileManager.default.isWritableFile(atPath: place.path) else {
            throw Failure(
                path: path, flag: flag,
                reason: isItself ? "cannot be written to" : "cannot be made: \(place.path) cannot be written to")
        }
    }

    /// A file that will be written, in a directory that can be made; nil passes.
    ///
    /// - Throws: `Failure` where it cannot be written.
    package static func output(file path: String?, _ flag: String) throws(Failure) {
        guard let path else { return }
        guard FileIdentity(path)?.isDirectory != true, !path.isEmpty, !path.hasSuffix("/") else {
            throw Failure(path: path, flag: flag, reason: "is a directory, expected a file")
        }
        do {
            try output(directory: URL(fileURLWithPath: path).deletingLastPathComponent().path, flag)
        } catch {
            throw Failure(path: path, flag: flag, reason: "cannot be written: \(error.path) \(error.reason)")
        }
    }

    private static func input(_ path: String?, _ flag: String, isDirectory: Bool?) throws(Failure) {
        guard let path else { return }
        guard let found = FileIdentity(path) else { throw Failure(path: path, flag: flag, reason: "is not there") }
        if let isDirectory, found.isDirectory != isDirectory {
            throw Failure(
                path: path, flag: flag,
                reason: isDirectory ? "is a file, expected a directory" : "is a directory, expected a file")
        }
        guard FileManager.default.isReadableFile(atPath: path) else {
            throw Failure(path: path, flag: flag, reason: "cannot be read")
        }
    }
}
