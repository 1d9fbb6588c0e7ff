//! Files in parts (RFC 9110 section 14), streamed: what players need to seek in them.

use std::io::SeekFrom;
use std::time::UNIX_EPOCH;

use actix_web::body::SizedStream;
use actix_web::http::header::{
    self, ContentRange, ContentRangeSpec, EntityTag, Header as _, HttpDate, IfNoneMatch, IfRange,
    Range,
};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use call_recording::storage::OpenFile;
use futures_util::stream::{self, Stream};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

/// Bytes that are read from the disk at a time.
const PIECE: usize = 64 * 1024;

/// What is asked for of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// All of it.
    Whole,
    /// From the first to the last of these bytes.
    Part { first: u64, last: u64 },
    /// What it does not have.
    Nothing,
}

/// Answers with the file, or with the part of it that the request asks for.
pub(crate) fn answer(
    request: &HttpRequest,
    open: OpenFile,
    content_type: &str,
    disposition: &str,
) -> HttpResponse {
    let etag = open.etag.parse::<EntityTag>().ok();
    let known = etag.as_ref().is_some_and(|etag| is_known(request, etag));
    let modified = HttpDate::from(open.modified);
    let mut response = if known {
        HttpResponse::NotModified()
    } else {
        HttpResponse::Ok()
    };
    // Nobody but the one who asked may keep it; what is in it never changes.
    response.insert_header((header::CACHE_CONTROL, "private, max-age=3600"));
    response.insert_header((header::ACCEPT_RANGES, "bytes"));
    response.insert_header((header::LAST_MODIFIED, modified));
    response.insert_header((header::ETAG, open.etag.as_str()));
    if known {
        return response.finish();
    }
    let length = open.length;
    match wanted(request, etag.as_ref(), modified, length) {
        Wanted::Whole => {
            media(&mut response, content_type, disposition);
            response.body(SizedStream::new(length, pieces(open.file, 0, length)))
        }
        Wanted::Part { first, last } => {
            media(&mut response, content_type, disposition);
            response.status(actix_web::http::StatusCode::PARTIAL_CONTENT);
            response.insert_header(ContentRange(ContentRangeSpec::Bytes {
                range: Some((first, last)),
                instance_length: Some(length),
            }));
            let part = last - first + 1;
            response.body(SizedStream::new(part, pieces(open.file, first, part)))
        }
        Wanted::Nothing => {
            response.status(actix_web::http::StatusCode::RANGE_NOT_SATISFIABLE);
            response.insert_header(ContentRange(ContentRangeSpec::Bytes {
                range: None,
                instance_length: Some(length),
            }));
            response.finish()
        }
    }
}

fn media(response: &mut HttpResponseBuilder, content_type: &str, disposition: &str) {
    response.content_type(content_type);
    response.insert_header((header::CONTENT_DISPOSITION, disposition));
}

/// Whether the client has it already.
fn is_known(request: &HttpRequest, etag: &EntityTag) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(items)) => items.iter().any(|item| item.weak_eq(etag)),
        Err(_) => false,
    }
}

fn wanted(
    request: &HttpRequest,
    etag: Option<&EntityTag>,
    modified: HttpDate,
    length: u64,
) -> Wanted {
    // What cannot be understood counts as not said, and several parts at once may be answered by the whole.
    let Ok(Range::Bytes(parts)) = Range::parse(request) else {
        return Wanted::Whole;
    };
    let [part] = parts.as_slice() else {
        return Wanted::Whole;
    };
    // A part of what the client has no other part of: only if it is the same file still.
    if request.headers().contains_key(header::IF_RANGE) {
        let same = match IfRange::parse(request) {
            Ok(IfRange::EntityTag(theirs)) => etag.is_some_and(|ours| ours.strong_eq(&theirs)),
            Ok(IfRange::Date(date)) => seconds(date) == seconds(modified),
            Err(_) => false,
        };
        if !same {
            return Wanted::Whole;
        }
    }
    part.to_satisfiable_range(length)
        .map_or(Wanted::Nothing, |(first, last)| Wanted::Part {
            first,
            last,
        })
}

/// Dates of HTTP have no fractions.
fn seconds(date: HttpDate) -> u64 {
    let moment = std::time::SystemTime::from(date);
    let since = moment.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_secs()
}

/// So many bytes of a file from there on, piece by piece, as fast as they are taken.
fn pieces(
    file: File,
    from: u64,
    length: u64,
) -> impl Stream<Item = Result<Bytes, std::io::Error>> + 'static {
    struct Reading {
        file: File,
        seek: Option<u64>,
        left: u64,
    }
    let reading = Reading {
        file,
        seek: (from > 0).then_some(from),
        left: length,
    };
    stream::try_unfold(reading, |mut reading| async move {
        if let Some(from) = reading.seek.take() {
            reading.file.seek(SeekFrom::Start(from)).await?;
        }
        let want = usize::try_from(reading.left).map_or(PIECE, |left| left.min(PIECE));
        if want == 0 {
            return Ok(None);
        }
        let mut piece = vec![0; want];
        let read = reading.file.read(&mut piece).await?;
        if read == 0 {
            // Shorter than it was: the connection breaks off instead of pretending.
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        piece.truncate(read);
        reading.left = reading.left.saturating_sub(read as u64);
        Ok(Some((Bytes::from(piece), reading)))
    })
}
