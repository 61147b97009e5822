import System

extension CorpusError {
    /// Result of `body`; where it fails, the file at `path` cannot be read.
    static func reading<Result: ~Copyable>(
        _ path: String, _ body: () throws(SystemError) -> Result
    ) throws(CorpusError) -> Result {
        do throws(SystemError) { return try body() } catch { throw .unreadable(path: path, reason: error.reason) }
    }

    static func mapped(_ path: String) throws(CorpusError) -> MappedFile {
        try reading(path) { () throws(SystemError) in try MappedFile(path: path) }
    }

    /// Result of `body`; where it fails, the file at `path` cannot be written.
    static func writing<Result: ~Copyable>(
        _ path: String, _ body: () throws(SystemError) -> Result
    ) throws(CorpusError) -> Result {
        do throws(SystemError) { return try body() } catch { throw .unwritable(path: path, reason: error.reason) }
    }
}
