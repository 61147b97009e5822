import Glibc

/// Lets no file of this process grow beyond so many bytes: a write that does not fit fails, or is done in part, as on a full disk. For
/// a process that ends with its test; `.max` lifts the limit.
package func limitFiles(to bytes: rlim_t) {
    _ = signal(SIGXFSZ, SIG_IGN)
    let resource = __rlimit_resource_t(1)  // RLIMIT_FSIZE
    var limit = rlimit()
    getrlimit(resource, &limit)
    limit.rlim_cur = min(bytes, limit.rlim_max)
    precondition(setrlimit(resource, &limit) == 0)
}
