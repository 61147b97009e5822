import Glibc

/// A file that is being written, from its start or behind what it has. Closed when this value goes.
package struct FileSink: ~Copyable, Sendable {
    /// How a file is opened to be written.
    package enum Opening: Sendable {
        /// A file that is not there yet; one that is there is an error.
        case new
        /// An empty file in place of what is there.
        case replacing
        /// The first so many bytes of the file are kept, what follows them is cut off; a file that is not there is made.
        case keeping(bytes: Int)
    }

    /// Path that errors name.
    package let path: String
    private let descriptor: FileDescriptor

    /// Opens or makes a file, readable by all.
    ///
    /// - Parameter name: what errors of writing call it; nil: its path.
    /// - Throws: `SystemError`.
    package init(_ path: String, _ opening: Opening, name: String? = nil) throws(SystemError) {
        let flags: Int32
        switch opening {
        case .new: flags = O_EXCL
        case .replacing: flags = O_TRUNC
        case .keeping: flags = O_APPEND
        }
        let opened = FileDescriptor(
            try SystemError.check("create", path) { open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o644) })
        if case .keeping(let bytes) = opening {
            _ = try SystemError.check("cut", path) { ftruncate(opened.number, off_t(bytes)) }
        }
        descriptor = opened
        self.path = name ?? path
    }

    /// The system's number of the file, for a process that writes to it too.
    package var number: Int32 { descriptor.number }

    /// Writes all of `bytes`, however many calls that takes: one, but for a full disk or a limit. After an error a part of them may
    /// stand in the file.
    ///
    /// - Throws: `SystemError`.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        var rest = bytes
        while !rest.isEmpty {
            let written = try SystemError.check("write", path) {
                Glibc.write(descriptor.number, rest.baseAddress, rest.count)
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[written...])
        }
    }

    /// Writes all of `bytes`, as the function above does.
    ///
    /// - Throws: `SystemError`.
    package func write(_ bytes: [UInt8]) throws(SystemError) {
        try bytes.span.withUnsafeBytes { bytes throws(SystemError) in try write(bytes) }
    }

    /// Writes bytes over those that stand at `offset`. Not for a file opened to keep what it has.
    ///
    /// - Throws: `SystemError`.
    package func overwrite(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        var done = 0
        while done < bytes.count {
            done += try SystemError.check("write", path) {
                pwrite(descriptor.number, bytes.baseAddress! + done, bytes.count - done, off_t(offset + done))
            }
        }
    }

    /// Makes what was written outlast a loss of power.
    ///
    /// - Throws: `SystemError`.
    package func synchronize() throws(SystemError) {
        _ = try SystemError.check("write out", path) { fsync(descriptor.number) }
    }
}
