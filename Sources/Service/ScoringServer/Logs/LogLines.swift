import System

/// A sink as swift-log's own handler writes to one: a line a write.
package struct LogLines: TextOutputStream, Sendable {
    private let sink: LogSink

    package init(sink: LogSink) { self.sink = sink }

    package mutating func write(_ string: String) { sink.add(Array(string.utf8)) }
}
