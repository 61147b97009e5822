import Foundation
import JSONValues
import Logging
import System

/// One JSON object a line: time, level, message, then the metadata as strings.
package struct JSONLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel = Logger.Level.info
    private let sink: LogSink

    package init(sink: LogSink) { self.sink = sink }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("time", Date.now.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
            writer.field("level", event.level.rawValue)
            writer.field("message", event.message.description)
            for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }).sorted(by: {
                $0.key < $1.key
            }) {
                writer.field(key, value.description)
            }
        }
        sink.add(writer.bytes + [0x0A])
    }
}
