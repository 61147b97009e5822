import HTTPSockets

/// A whole input through the parser, cut into pieces, as a list that can be compared.
enum ParsedItem: Equatable {
    case request(HTTPRequestHead, body: [UInt8])
    case unfinished
    case error(HTTPProtocolError)
}

func parse(_ bytes: [UInt8], pieces: Int = .max, limits: HTTPParserLimits = HTTPParserLimits()) -> [ParsedItem] {
    var parser = HTTPRequestParser(limits: limits)
    var items: [ParsedItem] = []
    var head: HTTPRequestHead?
    var body: [UInt8] = []
    var position = 0
    while true {
        let piece = bytes[position..<(position + min(pieces, bytes.count - position))]
        var offset = 0
        do {
            while true {
                let (consumed, event) = try piece.dropFirst(offset).withUnsafeBytes { input in
                    let step = try parser.next(input)
                    precondition((0...input.count).contains(step.consumed))
                    if case .body(let range) = step.event { body += input[range] }
                    return (step.consumed, step.event)
                }
                offset += consumed
                switch event {
                case .head(let value): head = value
                case .body: break
                case .end:
                    if let head { items.append(.request(head, body: body)) }
                    (head, body) = (nil, [])
                case nil: break
                }
                if event == nil { break }
            }
        } catch {
            return items + [.error(error as! HTTPProtocolError)]
        }
        position += piece.count
        if position == bytes.count { break }
    }
    return parser.isBetweenRequests ? items : items + [.unfinished]
}

func parse(_ text: String, pieces: Int = .max, limits: HTTPParserLimits = HTTPParserLimits()) -> [ParsedItem] {
    parse(Array(text.utf8), pieces: pieces, limits: limits)
}
