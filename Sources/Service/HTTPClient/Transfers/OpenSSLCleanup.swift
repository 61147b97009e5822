import Foundation

/// OpenSSL, which libcurl brings along, frees what it holds when the process exits, also what belongs to threads that end at that moment and
/// free it themselves: of some thousand runs one was over, its work saved, and ended with "malloc_consolidate(): invalid chunk size".
enum OpenSSLCleanup {
    private typealias Initialize = @convention(c) (UInt64, OpaquePointer?) -> Int32

    /// OPENSSL_INIT_NO_ATEXIT of openssl/crypto.h.
    private static let noAtExit: UInt64 = 0x80000

    /// Has it leave its memory to the system. To be called before OpenSSL is used; does nothing where libcurl is built on another library.
    static func leaveToSystem() {
        guard let symbol = dlsym(nil, "OPENSSL_init_crypto") else { return }
        _ = unsafeBitCast(symbol, to: Initialize.self)(noAtExit, nil)
    }
}
